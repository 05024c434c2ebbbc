//! What each build service tells its jobs of the commits they are about, as
//! data: one table, and a new service is an entry.
//!
//! A name is that of an environment variable, or, after `event:`, a place in
//! the JSON file that describes the event (a JSON pointer).

/// A build service.
#[derive(Debug)]
pub(super) struct Service {
    /// The name for people.
    pub(super) name: &'static str,
    /// The variable that is set there and nowhere else.
    pub(super) mark: &'static str,
    /// The variable that names the file with the event, if there is one.
    pub(super) event: Option<&'static str>,
    /// What says that the whole history is wanted: a variable and its value.
    pub(super) whole: &'static [(&'static str, &'static str)],
    /// Where new commits begin: the first of these that the service gives.
    /// What stands together is left out together.
    pub(super) bases: &'static [&'static [Base]],
    /// How a job there gets the whole history.
    pub(super) deepen: &'static str,
}

/// What new commits are compared with.
#[derive(Debug)]
pub(super) enum Base {
    /// A commit by its object name; all zeros where there was none.
    Commit(&'static str),
    /// A branch of the repository's origin.
    Branch(&'static str),
    /// The default branch of the origin, unless the job is about it.
    Default {
        /// The default branch.
        branch: &'static str,
        /// The branch that the job is about.
        current: &'static str,
    },
}

use Base::{Branch, Commit, Default};

/// What a job may say by itself, wherever it runs: a commit.
pub(super) const BY_HAND: &str = "LEEWARD_CI_BASE";

/// All that are known. Gitea and Forgejo call themselves GitHub to their jobs.
pub(super) const ALL: &[Service] = &[
    Service {
        name: "GitHub Actions",
        mark: "GITHUB_ACTIONS",
        event: Some("GITHUB_EVENT_PATH"),
        whole: &[("GITHUB_EVENT_NAME", "schedule"), ("GITHUB_EVENT_NAME", "workflow_dispatch")],
        bases: &[
            &[Commit("event:/pull_request/base/sha"), Branch("event:/pull_request/base/ref")],
            &[Commit("event:/merge_group/base_sha")],
            &[Commit("event:/before")],
            &[Default { branch: "event:/repository/default_branch", current: "GITHUB_REF_NAME" }],
        ],
        deepen: "set `fetch-depth: 0` for `actions/checkout`",
    },
    Service {
        name: "GitLab CI/CD",
        mark: "GITLAB_CI",
        event: None,
        whole: &[("CI_PIPELINE_SOURCE", "schedule"), ("CI_PIPELINE_SOURCE", "web")],
        bases: &[
            &[
                Commit("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
                Branch("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
            ],
            &[Commit("CI_COMMIT_BEFORE_SHA")],
            &[Default { branch: "CI_DEFAULT_BRANCH", current: "CI_COMMIT_REF_NAME" }],
        ],
        deepen: "set the variable `GIT_DEPTH: \"0\"` for the job",
    },
    Service {
        name: "Jenkins",
        mark: "JENKINS_URL",
        event: None,
        whole: &[],
        bases: &[&[Branch("CHANGE_TARGET")], &[Commit("GIT_PREVIOUS_SUCCESSFUL_COMMIT")]],
        deepen: "take the shallow clone out of the job's Git settings",
    },
    Service {
        name: "Azure Pipelines",
        mark: "TF_BUILD",
        event: None,
        whole: &[("BUILD_REASON", "Schedule"), ("BUILD_REASON", "Manual")],
        bases: &[&[Branch("SYSTEM_PULLREQUEST_TARGETBRANCH")]],
        deepen: "set `fetchDepth: \"0\"` in the `checkout` step",
    },
    Service {
        name: "CircleCI",
        mark: "CIRCLECI",
        event: None,
        whole: &[],
        bases: &[],
        deepen: "set `method: full` in the `checkout` step",
    },
    Service {
        name: "Bitbucket Pipelines",
        mark: "BITBUCKET_BUILD_NUMBER",
        event: None,
        whole: &[],
        bases: &[&[
            Commit("BITBUCKET_PR_DESTINATION_COMMIT"),
            Branch("BITBUCKET_PR_DESTINATION_BRANCH"),
        ]],
        deepen: "set `clone: depth: full` for the step",
    },
    Service {
        name: "Buildkite",
        mark: "BUILDKITE",
        event: None,
        whole: &[("BUILDKITE_SOURCE", "schedule")],
        bases: &[
            &[Branch("BUILDKITE_PULL_REQUEST_BASE_BRANCH")],
            &[Default { branch: "BUILDKITE_PIPELINE_DEFAULT_BRANCH", current: "BUILDKITE_BRANCH" }],
        ],
        deepen: "take `--depth` out of `BUILDKITE_GIT_CLONE_FLAGS`",
    },
];
