//! What the key law and the dialogs promise, as tests of `update` alone.

mod dialog;
mod endings;
mod gate;
mod law;
mod leaving;
mod pins;
mod proofs;
mod samples;
mod screens;
mod second;
mod trees;
mod typing;
mod walks;
