//! A Kubernetes API of one Deployment and one config map, with a controller that rolls out at once or never.

use breakglass::adapters::build::build;
use breakglass::domain::endpoint::{EndpointSpec, FeedSpec, Vendor};
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use breakglass::domain::plan::CheckStatus;
use serde_json::{Value, json};

use crate::contract::{self, Subject};
use crate::fake::{Asked, Fake, Told, json};

const APPS: &str = "/apis/apps/v1/namespaces/prod";
const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/prod/deployments/support-bot";
const CONFIG: &str = "/api/v1/namespaces/prod/configmaps/support-bot";

struct Store {
    deployment: Value,
    config: Value,
    sets: Vec<Value>,
    version: u64,
    /// The controller does nothing.
    asleep: bool,
    may_patch: bool,
}

fn template(image: &str, hash: Option<&str>) -> Value {
    let mut labels = json!({ "app": "support-bot" });
    if let Some(hash) = hash {
        labels["pod-template-hash"] = hash.into();
    }
    json!({ "metadata": { "labels": labels }, "spec": { "containers": [
        { "name": "server", "image": image, "env": [{ "name": "MODE", "value": "live" }] },
        { "name": "proxy", "image": "proxy:1" },
    ] } })
}

fn set(number: u64, hash: &str, template: &Value) -> Value {
    json!({
        "metadata": {
            "name": format!("support-bot-{hash}"), "creationTimestamp": format!("2026-11-25T1{number}:00:00Z"),
            "annotations": { "deployment.kubernetes.io/revision": number.to_string(), "kubernetes.io/change-cause": "release" },
            "ownerReferences": [{ "kind": "Deployment", "name": "support-bot", "uid": "uid-1" }],
        },
        "spec": { "template": template },
    })
}

impl Store {
    fn new() -> Self {
        let deployment = json!({
            "metadata": {
                "name": "support-bot", "uid": "uid-1", "resourceVersion": "100", "generation": 2,
                "annotations": { "argocd.argoproj.io/tracking-id": "bots:apps/Deployment:prod/support-bot" },
                "managedFields": [
                    { "manager": "argocd-controller", "time": "2026-11-25T12:00:00Z" },
                    { "manager": "kube-controller-manager", "time": "2026-11-25T12:01:00Z", "subresource": "status" },
                ],
            },
            "spec": {
                "replicas": 2, "selector": { "matchLabels": { "app": "support-bot" } }, "template": template("bot:2", None),
            },
            "status": { "observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2 },
        });
        let config = json!({
            "metadata": { "name": "support-bot", "resourceVersion": "100" },
            "data": { "assistant": "on", "rules": r#"{"depth":8}"# },
        });
        let sets = vec![
            set(1, "aaa111", &template("bot:1", Some("aaa111"))),
            set(2, "bbb222", &template("bot:2", Some("bbb222"))),
        ];
        Self { deployment, config, sets, version: 100, asleep: false, may_patch: true }
    }

    /// What the controller does after the template changed: the revision gets the next number.
    fn reconcile(&mut self) {
        let generation = self.deployment["metadata"]["generation"].as_u64().unwrap_or(0) + 1;
        self.deployment["metadata"]["generation"] = generation.into();
        if self.asleep {
            return;
        }
        self.deployment["status"]["observedGeneration"] = generation.into();
        let numbers = self.sets.iter().filter_map(|set| {
            set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str()?.parse::<u64>().ok()
        });
        let next = numbers.max().unwrap_or(0) + 1;
        let wanted = self.deployment["spec"]["template"].clone();
        let same = |set: &&mut Value| {
            let mut theirs = set["spec"]["template"].clone();
            theirs["metadata"]["labels"]
                .as_object_mut()
                .is_some_and(|labels| labels.remove("pod-template-hash").is_some())
                && theirs == wanted
        };
        if let Some(set) = self.sets.iter_mut().find(same) {
            set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = next.to_string().into();
        } else {
            let hash = format!("new{next}");
            let mut template = wanted;
            template["metadata"]["labels"]["pod-template-hash"] = hash.clone().into();
            self.sets.push(set(next.min(9), &hash, &template));
        }
    }
}

fn status(code: u16, reason: &str, message: &str) -> Told {
    json(code, &json!({ "kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code }))
}

/// RFC 6902, as far as the adapter goes.
fn patched(object: &Value, patch: &Value) -> Option<Value> {
    let mut object = object.clone();
    for operation in patch.as_array()? {
        let place = operation["path"].as_str()?;
        match operation["op"].as_str()? {
            "test" if object.pointer(place) == Some(&operation["value"]) => {}
            "replace" => *object.pointer_mut(place)? = operation["value"].clone(),
            change => {
                let (parent, key) = place.rsplit_once('/')?;
                let parent = object.pointer_mut(parent)?.as_object_mut()?;
                match change {
                    "add" => drop(parent.insert(key.to_owned(), operation["value"].clone())),
                    "remove" => drop(parent.remove(key)?),
                    _ => return None,
                }
            }
        }
    }
    Some(object)
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    if asked.header("authorization") != "Bearer kube-token" {
        return status(401, "Unauthorized", "Unauthorized");
    }
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", DEPLOYMENT) => json(200, &store.deployment),
        ("GET", CONFIG) => json(200, &store.config),
        ("GET", path) if path == format!("{APPS}/replicasets") => json(200, &json!({ "items": store.sets })),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews") => {
            assert_eq!(body["spec"]["resourceAttributes"]["verb"], "patch");
            json(201, &json!({ "status": { "allowed": store.may_patch } }))
        }
        ("PATCH", path @ (DEPLOYMENT | CONFIG)) => {
            assert_eq!(asked.header("content-type"), "application/json-patch+json");
            let object = if path == CONFIG { &mut store.config } else { &mut store.deployment };
            let Some(mut changed) = patched(object, &body) else {
                return status(422, "", "the server rejected our request due to an error in our request");
            };
            store.version += 1;
            changed["metadata"]["resourceVersion"] = store.version.to_string().into();
            let rolled = changed["spec"]["template"] != object["spec"]["template"];
            *object = changed.clone();
            if rolled {
                store.reconcile();
            }
            json(200, &changed)
        }
        _ => status(404, "NotFound", "deployments.apps \"nope\" not found"),
    }
}

async fn started(store: Store) -> (Fake, EndpointSpec, tempfile::TempDir) {
    let fake = Fake::start(store, answer).await;
    let (endpoint, token) = crate::endpoint(Vendor::Kubernetes, &fake.url(), "kube-token");
    (fake, endpoint, token)
}

fn deployment(name: &str) -> LeverTarget {
    forms::KUBERNETES_DEPLOYMENT.at([("deployment", name), ("namespace", "prod")])
}

fn rollback(endpoint: EndpointSpec) -> Subject {
    let (target, missing) = (deployment("support-bot"), deployment("nope"));
    Subject { endpoint, target, other: Setting::Pointer("aaa111".into()), missing }
}

#[tokio::test]
async fn a_deployment_keeps_the_contract() {
    let (_fake, endpoint, _token) = started(Store::new()).await;
    let rollback = rollback(endpoint);
    contract::keeps_the_contract(&rollback).await;
    contract::a_wrong_token_is_refused(&rollback).await;
    assert_eq!(rollback.read().await.set_by.as_deref(), Some("argocd-controller"));
    let gone = rollback.levers().plan(&rollback.target, &rollback.read().await, &Setting::Pointer("ccc".into()));
    assert!(gone.expect_err("no such revision").contains("aaa111, bbb222"));
}

#[tokio::test]
async fn an_image_and_a_config_map_keep_the_contract() {
    let (_fake, endpoint, _token) = started(Store::new()).await;
    let image = |name: &str, container: &str| {
        forms::KUBERNETES_IMAGE.at([("image", name), ("namespace", "prod"), ("container", container)])
    };
    let subject = Subject {
        endpoint,
        target: image("support-bot", "proxy"),
        other: Setting::Pointer("proxy:0".into()),
        missing: image("support-bot", "nope"),
    };
    contract::keeps_the_contract(&subject).await;

    let key = |name: &str, key: &str, pointer: &str| {
        let keys = [("config-map", name), ("namespace", "prod"), ("key", key), ("pointer", pointer)];
        forms::KUBERNETES_CONFIG.at(keys)
    };
    let missing = key("nope", "assistant", "");
    let subject =
        Subject { target: key("support-bot", "assistant", ""), other: Setting::Switch(false), missing, ..subject };
    contract::keeps_the_contract(&subject).await;
    let place =
        Subject { target: key("support-bot", "rules", "/depth"), other: Setting::Number(3.0), ..subject.clone() };
    contract::keeps_the_contract(&place).await;
    let first = Subject { target: key("support-bot", "canary", ""), other: Setting::Switch(true), ..subject };
    contract::keeps_the_contract(&first).await;
}

#[tokio::test]
async fn a_patch_that_rolls_nothing_out_is_not_served() {
    let (_fake, endpoint, _token) = started(Store { asleep: true, ..Store::new() }).await;
    let rollback = rollback(endpoint);
    rollback.move_to(&rollback.read().await, &rollback.other).await;
    assert_eq!(rollback.read().await.setting, rollback.other, "stored");
    let served = rollback.levers().served(&rollback.target).await.expect("an answer");
    assert_eq!(served, Some(Setting::Pointer("rollout not started".into())));
}

#[tokio::test]
async fn the_probe_says_who_keeps_it_and_whether_this_token_may() {
    let (_fake, endpoint, _token) = started(Store { may_patch: false, ..Store::new() }).await;
    let rollback = rollback(endpoint);
    let checks = rollback.levers().probe(&rollback.target).await;
    let says = |status, words: &str| checks.iter().any(|c| c.status == status && c.why.contains(words));
    assert!(says(CheckStatus::Fail, "may not patch deployments support-bot"), "{checks:?}");
    assert!(says(CheckStatus::Warn, "Argo CD keeps it"), "{checks:?}");
}

#[tokio::test]
async fn revisions_are_versions_and_changes() {
    let (_fake, endpoint, _token) = started(Store::new()).await;
    let rollback = rollback(endpoint.clone());
    let versions = rollback.levers().versions(&rollback.target).await.expect("versions");
    let told: Vec<_> = versions.iter().map(|v| (v.version.as_str(), v.note.as_deref().unwrap_or(""))).collect();
    assert_eq!(
        told,
        [("bbb222", "revision 2, bot:2, proxy:1: release"), ("aaa111", "revision 1, bot:1, proxy:1: release")]
    );
    let feed = FeedSpec {
        id: "rollouts".parse().expect("an id"),
        from: endpoint.id.clone(),
        kind: None,
        what: "prod".into(),
        fields: None,
    };
    let since = "2026-11-25T12:00:00Z".parse().expect("a time");
    let changes = build(&endpoint).changes.expect("changes").since(&feed, since).await.expect("changes");
    let told: Vec<&str> = changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(told, ["support-bot revision 1 → 2 (bot:2, proxy:1): release"]);
}
