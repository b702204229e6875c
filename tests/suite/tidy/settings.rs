//! Settings that are said twice, because a container's command cannot read a file of ours.

use super::source::root;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("the file is there")
}

#[test]
fn the_container_s_postgres_has_the_settings_of_make_run() {
    let docker = read("docker/Dockerfile");
    let settings = read("scripts/postgres.conf");
    let lines = settings.lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for line in lines {
        let (name, value) = line.split_once(" = ").expect("name = value");
        let option = format!("\"-c\", \"{name}={}\"", value.trim_matches('\''));
        assert!(docker.contains(&option), "docker/Dockerfile lacks {option}");
        count += 1;
    }
    assert_eq!(docker.matches("\"-c\"").count(), count);
    assert!(docker.contains("scripts/prepare_wal.sql /docker-entrypoint-initdb.d/"));
}

#[test]
fn the_containers_run_every_worker_and_give_every_role_a_password() {
    let compose = read("docker/compose.yaml");
    assert!(compose.contains("command: [\"workers\", \"all\"]"));
    let cluster = read("scripts/cluster.sh");
    let (_, rest) = cluster.split_once("ROLES=(").expect("the roles");
    let (roles, _) = rest.split_once(')').expect("their end");
    // Analysts log in where make psql is.
    let programs: Vec<&str> = roles
        .split_whitespace()
        .filter(|role| !matches!(*role, "postgres" | "exchange_analyst"))
        .collect();
    assert_eq!(programs.len(), 4, "{programs:?}");
    for role in programs {
        let given = format!("alter role {role} password");
        assert!(compose.contains(&given), "docker/compose.yaml: {given}");
    }
}
