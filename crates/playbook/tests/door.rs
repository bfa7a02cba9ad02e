//! The door for people, read from the template itself: each route asks who calls, and each policy lets through what its
//! people may ask and nothing else, as IAM matches it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{fs, path::Path};

use backstop_core::api::{ROUTES, Right, Route, STAGE};

fn template() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join("template.yaml")).unwrap()
}

/// The block of a resource.
fn block<'a>(template: &'a str, id: &str) -> &'a str {
    let (_, rest) = template.split_once(&format!("\n  {id}:\n")).expect("it is there");
    rest.split_once("\n\n").unwrap().0
}

/// As IAM does it: `*` is any text, slashes too.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, rest)) => text.strip_prefix(before).is_some_and(|text| {
            (0..=text.len()).any(|at| text.get(at..).is_some_and(|text| matches(rest, text)))
        }),
    }
}

fn patterns(template: &str, right: Right) -> Vec<String> {
    let id = format!("{}Policy", right.as_str());
    let before = format!(
        "- !Sub arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/{STAGE}/"
    );
    let lines = block(template, &id).lines().map(str::trim);
    let resources: Vec<String> = lines
        .filter(|line| line.starts_with("- !Sub"))
        .map(|line| {
            line.strip_prefix(&before)
                .expect("of this API and stage")
                .to_owned()
        })
        .collect();
    assert!(!resources.is_empty());
    resources
}

/// What is asked for, with whatever stands for its parameters.
fn asked(route: &Route, parameter: &str) -> String {
    let words = route
        .path
        .split('/')
        .map(|word| if word.starts_with('{') { parameter } else { word });
    format!("{}{}", route.method, words.collect::<Vec<_>>().join("/"))
}

#[test]
fn each_route_asks_who_calls() {
    let template = template();
    let routes: Vec<&str> = template
        .split("Type: AWS::ApiGatewayV2::Route\n")
        .skip(1)
        .collect();
    assert_eq!(routes.len(), ROUTES.len());
    for route in ROUTES {
        let block = block(&template, &format!("{:?}Route", route.operation));
        assert!(block.contains(&format!("RouteKey: {}\n", route.key())), "{block}");
        assert!(block.contains("AuthorizationType: AWS_IAM\n"), "{block}");
    }
    assert!(block(&template, "ApiStage").contains(&format!("StageName: {STAGE}\n")));
}

#[test]
fn each_policy_lets_through_what_its_people_may_ask() {
    let template = template();
    // An incident that is named like a route is no way past a policy.
    let names = ["01JDXQ6T8R7M5V9N2K4H3G1FZB", "undo", "report", "incidents/x"];
    for right in Right::ALL {
        let patterns = patterns(&template, right);
        for route in ROUTES {
            for name in names {
                let asked = asked(route, name);
                let is_let_through = patterns.iter().any(|pattern| matches(pattern, &asked));
                assert_eq!(
                    is_let_through,
                    route.right <= right,
                    "{} and {asked}",
                    right.as_str()
                );
            }
        }
        assert!(!patterns.iter().any(|pattern| matches(pattern, "POST/secrets")));
    }
}
