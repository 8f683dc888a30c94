//! A gateway that serves, with an engine of its own that remembers what it is told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argon2::password_hash::PasswordHasher as _;
use argon2::{Argon2, Params};
use futures_util::future::BoxFuture;
use skerry_api::provisioning::StartPath;
use skerry_gateway::{GatewaySettings, Hooks, RouteOptions, Routes, TaskRecord, User, Users};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::client::{Answer, Client};
use crate::guests::Guest;

/// What the engine was told.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) tasks: Mutex<HashMap<String, TaskRecord>>,
    pub(crate) wakes: Mutex<Vec<u64>>,
    pub(crate) finished: Mutex<Vec<String>>,
    /// Refuse to write anything down.
    pub(crate) is_broken: AtomicBool,
    /// Do not keep the answers of tasks.
    pub(crate) loses_answers: AtomicBool,
}

impl Book {
    fn check(&self) -> Result<(), String> {
        let is_broken = self.is_broken.load(Ordering::SeqCst);
        if is_broken { Err("the disk is full".to_owned()) } else { Ok(()) }
    }

    pub(crate) fn wakes(&self) -> usize {
        self.wakes.lock().unwrap().len()
    }
}

impl Hooks for Book {
    fn wake(&self, id: u64) {
        self.wakes.lock().unwrap().push(id);
    }

    fn task_accepted<'a>(&'a self, _: u64, vm_id: &'a str, task: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            self.check()?;
            let record = TaskRecord { vm_id: vm_id.to_owned(), answer: None };
            self.tasks.lock().unwrap().insert(task.to_owned(), record);
            Ok(())
        })
    }

    fn task<'a>(&'a self, _: u64, task: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>, String>> {
        Box::pin(async move {
            self.check()?;
            Ok(self.tasks.lock().unwrap().get(task).cloned())
        })
    }

    fn task_finished<'a>(&'a self, _: u64, task: &'a str, answer: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.finished.lock().unwrap().push(task.to_owned());
            if self.loses_answers.load(Ordering::SeqCst) {
                return;
            }
            if let Some(record) = self.tasks.lock().unwrap().get_mut(task) {
                record.answer = Some(answer.to_owned());
            }
        })
    }
}

/// A gateway; gone when it is dropped.
pub(crate) struct Service {
    pub(crate) routes: Routes,
    pub(crate) book: Arc<Book>,
    pub(crate) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One user: `anna`, with the password `sesame`, hashed at the least cost that there is.
pub(crate) fn users() -> Users {
    let hasher = Argon2::from(Params::new(8, 1, 1, None).unwrap());
    let password_hash = hasher.hash_password(b"sesame").unwrap().to_string();
    Users::new(vec![User { name: "anna".to_owned(), password_hash }]).unwrap()
}

pub(crate) fn options() -> RouteOptions {
    RouteOptions { public: true, owner: "anna".into(), concurrency: 4, queue: 16 }
}

impl Service {
    pub(crate) async fn start(settings: GatewaySettings) -> Self {
        let book = Arc::new(Book::default());
        let routes = Routes::new(settings, Arc::clone(&book) as Arc<dyn Hooks>);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = skerry_gateway::router(routes.clone(), users());
        let settings = routes.settings().clone();
        let serving = tokio::spawn(async move {
            skerry_gateway::serve(listener, app, &settings, std::future::pending()).await;
        });
        Self { routes, book, address, serving }
    }

    /// With a public runtime 1 behind it.
    pub(crate) async fn with(guest: &Guest) -> Self {
        Self::with_settings(guest, GatewaySettings::default()).await
    }

    pub(crate) async fn with_settings(guest: &Guest, settings: GatewaySettings) -> Self {
        let service = Self::start(settings).await;
        service.routes.add(1, options());
        service.up("vm-1", guest);
        service
    }

    /// Makes this guest the target of runtime 1.
    pub(crate) fn up(&self, vm_id: &str, guest: &Guest) {
        self.routes.up(1, vm_id, guest.connector(), StartPath::Pool);
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.connect().await.get(path).await
    }

    /// One request on a connection of its own, that is answered some time.
    pub(crate) fn spawn_get(&self, path: &'static str) -> JoinHandle<Answer> {
        let address = self.address;
        tokio::spawn(async move { Client::connect(address).await.get(path).await })
    }

    pub(crate) fn spawn_post(&self, path: &'static str, body: &'static str) -> JoinHandle<Answer> {
        let address = self.address;
        tokio::spawn(async move { Client::connect(address).await.post(path, body).await })
    }
}

/// Waits until something is so; whoever calls this knows that it will be.
#[track_caller]
pub(crate) fn until(mut is_so: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let waiting = async {
            while !is_so() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(crate::client::PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never so: {place}"));
    }
}
