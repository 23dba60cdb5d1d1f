fn main() {
    // `sqlx::migrate!` reads the folder at compile time and cannot say so itself.
    println!("cargo:rerun-if-changed=../migrations");
}
