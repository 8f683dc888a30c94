//! Where each runtime's requests go.
