//! A private network link to one guest: TCP over Ethernet frames on a Unix socket.
#![forbid(unsafe_code)]
