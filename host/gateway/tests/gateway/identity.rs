//! Who gets in, and what the others learn.

use skerry_gateway::{GatewaySettings, RouteOptions};
use tokio::net::TcpListener;

use crate::client::{Client, basic};
use crate::guests::Guest;
use crate::service::{Service, options, users};

async fn get_as(service: &Service, path: &str, authorization: &str) -> crate::client::Answer {
    let mut client = service.connect().await;
    client.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {authorization}\r\n\r\n")).await;
    client.answer().await
}

#[tokio::test]
async fn nobody_learns_without_credentials_which_private_runtimes_there_are() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    service.routes.set_options(1, RouteOptions { public: false, ..options() });
    for path in ["/r/1/", "/r/2/", "/r/nonsense/", "/r/1/v1/skerry/x", "/r/1/../2", "/r/1"] {
        let answer = service.get(path).await;
        answer.is_error(401, "HTTP Basic");
        assert_eq!(answer.fields["www-authenticate"], "Basic realm=\"skerry\", charset=\"UTF-8\"");
        get_as(&service, path, &basic("anna", "wrong")).await.is_error(401, "wrong password");
    }
    get_as(&service, "/r/2/", &basic("anna", "sesame")).await.is_error(404, "no runtime has this id");
    get_as(&service, "/r/nonsense/", &basic("anna", "sesame")).await.is_error(404, "no runtime has this id");
    assert_eq!(get_as(&service, "/r/1/", &basic("anna", "sesame")).await.status, 200);
}

#[tokio::test]
async fn a_guest_never_sees_credentials() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    let public = get_as(&service, "/r/1/", &basic("anna", "sesame")).await;
    service.routes.set_options(1, RouteOptions { public: false, ..options() });
    let private = get_as(&service, "/r/1/", &basic("anna", "sesame")).await;
    for answer in [public, private] {
        assert!(!answer.text().to_lowercase().contains("authorization"), "{}", answer.text());
    }
}

#[tokio::test]
async fn an_address_of_its_own_asks_for_the_same_credentials() {
    let guest = Guest::echo().await;
    let service = Service::start(GatewaySettings::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = service.routes.clone();
    let serving = tokio::spawn(skerry_gateway::serve_runtime(listener, 1, routes, users(), std::future::pending()));
    Client::connect(address).await.get("/").await.is_error(401, "HTTP Basic");
    service.routes.add(1, options());
    service.up("vm-1", &guest);
    let mut client = Client::connect(address).await;
    for path in ["/", "/v1/faas/x?y=/r/2/", "/r/2/healthz"] {
        assert!(client.get(path).await.text().starts_with(&format!("GET {path} HTTP/1.1\r\n")));
    }
    client.get("/v1/skerry/renew").await.is_error(404, "no such path");
    serving.abort();
}
