//! Keeps incidents and sources under watch: what is recorded, who is told, what is
//! looked at again and when. It uses the store and everything below it, and listens to
//! nobody: requests are the server's.
