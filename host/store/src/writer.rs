//! The one task that writes. It takes whatever writes are waiting, runs them in one transaction and commits once, so
//! that fifty creations at the same time cost about as much as one. A caller hears of its write after the commit. A
//! caller that stops waiting does not undo its write.
//!
//! On PostgreSQL the writing connection also holds the claim: whoever lost the claim has lost the means to write, too.

use std::sync::Arc;

use sqlx::{AnyConnection, Connection};
use tokio::sync::{mpsc, oneshot};

use crate::database::Database;
use crate::error::StoreError;
use crate::operations::{self, Failure, Operation, Outcome};

/// Writes that share a commit at most. More would gain little and make the first ones wait.
const BATCH: usize = 64;

/// Writes that wait at most; whoever comes then waits before it queues.
const QUEUE: usize = 1024;

/// A write and who waits for it.
struct Job {
    operation: Operation,
    reply: oneshot::Sender<Result<Outcome, StoreError>>,
}

/// The writer's end that callers hold. The writer ends with the last of them.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the task.
    pub(crate) fn start(database: Arc<Database>, connection: AnyConnection) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(Task { database, connection: Some(connection) }.run(waiting));
        Self { jobs }
    }

    /// Queues a write and waits until it is on disk or has failed.
    pub(crate) async fn write(&self, operation: Operation) -> Result<Outcome, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job { operation, reply }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// Why a whole batch failed.
struct BatchFailure {
    error: StoreError,
    /// From here on nobody knows whether the transaction happened.
    committing: bool,
}

struct Task {
    database: Arc<Database>,
    /// None after an error, until the next batch.
    connection: Option<AnyConnection>,
}

impl Task {
    async fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut jobs, BATCH).await > 0 {
            let (operations, replies): (Vec<_>, Vec<_>) = jobs.drain(..).map(|job| (job.operation, job.reply)).unzip();
            for (reply, result) in replies.into_iter().zip(self.write_all(&operations).await) {
                // A caller that has gone does not want to know.
                let _ = reply.send(result);
            }
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "could not close the store's connection in good order");
        }
    }

    /// One result for each operation. If a batch fails and one of its writes may be to blame, each is tried alone.
    async fn write_all(&mut self, operations: &[Operation]) -> Vec<Result<Outcome, StoreError>> {
        let error = match self.write_batch(operations).await {
            Ok(results) => return results,
            Err(error) => error,
        };
        if operations.len() == 1 || !error.may_be_one_writes_fault() {
            return operations.iter().map(|_| Err(error.clone())).collect();
        }
        let mut results = Vec::with_capacity(operations.len());
        for operation in operations {
            let alone = self.write_batch(std::slice::from_ref(operation)).await;
            results.push(alone.and_then(|mut one| one.pop().unwrap_or(Err(StoreError::Closed))));
        }
        results
    }

    /// One transaction. A connection that turns out to be lost before the commit is made anew, once.
    async fn write_batch(&mut self, operations: &[Operation]) -> Result<Vec<Result<Outcome, StoreError>>, StoreError> {
        let had_connection = self.connection.is_some();
        match self.attempt(operations).await {
            Ok(results) => Ok(results),
            Err(BatchFailure { error, committing: false }) if had_connection && error.is_connection_loss() => {
                tracing::info!(store = self.database.shown(), "connection lost, connecting again");
                self.attempt(operations).await.map_err(BatchFailure::into_error)
            }
            Err(failure) => Err(failure.into_error()),
        }
    }

    async fn attempt(&mut self, operations: &[Operation]) -> Result<Vec<Result<Outcome, StoreError>>, BatchFailure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.database.writer().await.map_err(|error| BatchFailure { error, committing: false })?,
        };
        let mut committing = false;
        let transaction = transact(&self.database, &mut connection, operations, &mut committing);
        let result = match self.database.patience() {
            None => transaction.await,
            Some(patience) => match tokio::time::timeout(patience, transaction).await {
                Ok(result) => result,
                Err(_) => Err(self.database.failure(sqlx::Error::PoolTimedOut)),
            },
        };
        match result {
            Ok(results) => {
                self.connection = Some(connection);
                Ok(results)
            }
            Err(error) => {
                // The transaction was dropped, which rolls it back before the connection's next statement.
                if self.database.survives_errors() && !error.is_connection_loss() {
                    self.connection = Some(connection);
                }
                Err(BatchFailure { error, committing })
            }
        }
    }
}

/// Runs all operations in one transaction and commits it.
async fn transact(
    database: &Database,
    connection: &mut AnyConnection,
    operations: &[Operation],
    committing: &mut bool,
) -> Result<Vec<Result<Outcome, StoreError>>, StoreError> {
    let failure = |error| database.failure(error);
    let mut transaction = connection.begin_with(database.begin()).await.map_err(failure)?;
    let mut results = Vec::with_capacity(operations.len());
    for operation in operations {
        match operations::apply(&mut transaction, operation).await {
            Ok(outcome) => results.push(Ok(outcome)),
            Err(Failure::Refused(error)) => results.push(Err(error)),
            Err(Failure::Driver(error)) => return Err(failure(error)),
        }
    }
    *committing = true;
    transaction.commit().await.map_err(failure)?;
    Ok(results)
}

impl BatchFailure {
    fn into_error(self) -> StoreError {
        match self.error {
            // Not only a lost server: when a file's sync fails, its commit may still be found at the next opening.
            StoreError::Unreachable { location, source } | StoreError::Database { location, source }
                if self.committing =>
            {
                StoreError::OutcomeUnknown { location, source }
            }
            error => error,
        }
    }
}
