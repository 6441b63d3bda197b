//! No size breaks a screen: tiny, odd and huge terminals, with and without a dialog.

use std::sync::Arc;

use super::draw;
use crate::app::fixture;
use crate::app::msg::Msg;
use crate::app::{Model, update};
use crate::domain::action::Tier;
use crate::domain::permit::Mode;
use crate::ui::theme::Theme;

fn models() -> Vec<Model> {
    let mut models = vec![fixture::empty_model(Mode::ReadOnly), fixture::model()];
    for keys in ["r", "ry", "ryw", "ryy", "c", ":", "/", "a", "?", "t", "m", "o", "4"] {
        let mut model = fixture::model();
        update(&mut model, Msg::Snapshot(Arc::new(fixture::with_every_status())));
        for key in keys.chars() {
            fixture::press(&mut model, key);
        }
        models.push(model);
    }
    let mut model = fixture::model();
    fixture::press(&mut model, 'R');
    models.push(model.clone());
    update(&mut model, Msg::Previewed(Ok(Box::new(fixture::plan_of(Tier::Two, fixture::now())))));
    models.push(model);
    let mut model = fixture::model();
    let (ledger, entries) = fixture::journal_with_run(&[crate::domain::run::RunMove::Send]);
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    crate::app::run::open(&mut model, &fixture::run_id());
    models.push(model);
    models
}

#[test]
fn no_size_panics() {
    let mut sizes: Vec<(u16, u16)> = (0..=12).flat_map(|x| (0..=8).map(move |y| (x, y))).collect();
    sizes.extend([
        (60, 16),
        (61, 17),
        (79, 23),
        (99, 29),
        (101, 16),
        (139, 27),
        (140, 16),
        (141, 31),
        (300, 90),
        (60, 120),
    ]);
    let theme = Theme::dark();
    for model in models() {
        for size in &sizes {
            draw(&model, &theme, *size);
        }
    }
}
