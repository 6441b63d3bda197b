//! The drawing kit: each takes plain domain values and a theme, clips to its width or area (0x0 too), and never panics.
//! May not know the model or the screens.

pub mod badge;
pub mod chart;
pub mod diff;
pub mod section;
pub mod sparkline;
pub mod table;
pub mod wrap;
