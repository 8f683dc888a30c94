//! Prints the OpenAPI document, for the copy in the repository.

fn main() {
    println!("{:#}", skerry_rest::openapi_document());
}
