//! Does what a person does with the AWS CLI lines of a stuck undo: each is read as a shell reads it and carried out
//! by the SDK. A command or an option that isn't known fails the test: it would be a person's surprise.

use std::collections::BTreeMap;

use aws_sdk_iam::types::StatusType;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use backstop_sandbox::Account;

/// Carries out one line.
pub async fn by_hand(account: &Account, line: &str) {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["aws", service, command, options @ ..] = words.as_slice() else {
        panic!("no line of the AWS CLI: {line}");
    };
    let mut options = Options::of(options, line);
    let sdk = account.sdk_config(account.root());
    match *service {
        "iam" => iam(&aws_sdk_iam::Client::new(&sdk), command, &mut options).await,
        "s3api" => s3(&aws_sdk_s3::Client::new(&sdk), command, &mut options).await,
        "s3control" => s3_control(&aws_sdk_s3control::Client::new(&sdk), command, &mut options).await,
        _ => panic!("say here how `{line}` is carried out"),
    }
    assert!(
        options.named.is_empty(),
        "not understood: {:?} of {line}",
        options.named
    );
}

async fn iam(iam: &aws_sdk_iam::Client, command: &str, options: &mut Options<'_>) {
    match command {
        "delete-user-policy" => {
            let delete = iam.delete_user_policy().user_name(options.take("user-name"));
            delete
                .policy_name(options.take("policy-name"))
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        "delete-role-policy" => {
            let delete = iam.delete_role_policy().role_name(options.take("role-name"));
            delete
                .policy_name(options.take("policy-name"))
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        "update-assume-role-policy" => {
            let update = iam
                .update_assume_role_policy()
                .role_name(options.take("role-name"));
            let update = update.policy_document(options.take("policy-document"));
            update.send().await.map(drop).unwrap();
        }
        "update-signing-certificate" => {
            let update = iam
                .update_signing_certificate()
                .user_name(options.take("user-name"));
            let update = update.certificate_id(options.take("certificate-id"));
            update.status(options.status()).send().await.map(drop).unwrap();
        }
        "update-service-specific-credential" => {
            let update = iam
                .update_service_specific_credential()
                .user_name(options.take("user-name"));
            let update =
                update.service_specific_credential_id(options.take("service-specific-credential-id"));
            update.status(options.status()).send().await.map(drop).unwrap();
        }
        "update-ssh-public-key" => {
            let update = iam.update_ssh_public_key().user_name(options.take("user-name"));
            let update = update.ssh_public_key_id(options.take("ssh-public-key-id"));
            update.status(options.status()).send().await.map(drop).unwrap();
        }
        _ => panic!("say here how `aws iam {command}` is carried out"),
    }
}

async fn s3(s3: &aws_sdk_s3::Client, command: &str, options: &mut Options<'_>) {
    // The sandbox has one Region.
    options.take("region");
    let (bucket, owner) = (options.take("bucket"), options.take("expected-bucket-owner"));
    match command {
        "delete-public-access-block" => {
            let delete = s3.delete_public_access_block().bucket(bucket);
            delete
                .expected_bucket_owner(owner)
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        "put-public-access-block" => {
            let put = s3
                .put_public_access_block()
                .bucket(bucket)
                .expected_bucket_owner(owner);
            let block = block(options.take("public-access-block-configuration"));
            put.public_access_block_configuration(block)
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        _ => panic!("say here how `aws s3api {command}` is carried out"),
    }
}

async fn s3_control(control: &aws_sdk_s3control::Client, command: &str, options: &mut Options<'_>) {
    options.take("region");
    let account = options.take("account-id");
    match command {
        "delete-public-access-block" => {
            let delete = control.delete_public_access_block().account_id(account);
            delete.send().await.map(drop).unwrap();
        }
        "put-public-access-block" => {
            let block = block(options.take("public-access-block-configuration"));
            let block = aws_sdk_s3control::types::PublicAccessBlockConfiguration::builder()
                .set_block_public_acls(block.block_public_acls)
                .set_ignore_public_acls(block.ignore_public_acls)
                .set_block_public_policy(block.block_public_policy)
                .set_restrict_public_buckets(block.restrict_public_buckets)
                .build();
            let put = control.put_public_access_block().account_id(account);
            put.public_access_block_configuration(block)
                .send()
                .await
                .map(drop)
                .unwrap();
        }
        _ => panic!("say here how `aws s3control {command}` is carried out"),
    }
}

/// The CLI's shorthand: `BlockPublicAcls=true,…`.
fn block(shorthand: &str) -> PublicAccessBlockConfiguration {
    let mut block = PublicAccessBlockConfiguration::builder();
    for (name, value) in shorthand.split(',').map(|pair| pair.split_once('=').unwrap()) {
        let value = value == "true";
        block = match name {
            "BlockPublicAcls" => block.block_public_acls(value),
            "IgnorePublicAcls" => block.ignore_public_acls(value),
            "BlockPublicPolicy" => block.block_public_policy(value),
            "RestrictPublicBuckets" => block.restrict_public_buckets(value),
            _ => panic!("no setting `{name}`"),
        };
    }
    block.build()
}

struct Options<'a> {
    named: BTreeMap<&'a str, &'a str>,
    line: &'a str,
}

impl<'a> Options<'a> {
    fn of(words: &[&'a str], line: &'a str) -> Self {
        let pairs = words.chunks(2).map(|pair| match pair {
            [name, value] => (
                name.strip_prefix("--")
                    .unwrap_or_else(|| panic!("{name} in {line}")),
                *value,
            ),
            _ => panic!("an option without a value in {line}"),
        });
        Self {
            named: pairs.collect(),
            line,
        }
    }

    fn take(&mut self, name: &str) -> &'a str {
        self.named
            .remove(name)
            .unwrap_or_else(|| panic!("no `--{name}` in {}", self.line))
    }

    fn status(&mut self) -> StatusType {
        StatusType::from(self.take("status"))
    }
}

/// Words as a POSIX shell splits them: single quotes keep everything, a backslash keeps the next character.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let (mut is_quoted, mut letters) = (false, line.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' if !is_quoted => word.get_or_insert_default().extend(letters.next()),
            ' ' if !is_quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert!(!is_quoted, "a quote isn't closed in {line}");
    words.extend(word);
    words
}
