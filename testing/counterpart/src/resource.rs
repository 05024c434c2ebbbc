//! What may lie behind a key, as a table: its name here, and the path that
//! lists it. How many there are is the world's business.

/// Something of which a workspace or an organization has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Models that everybody has.
    Models,
    /// Models of their own, listed after the others.
    TunedModels,
    /// Files.
    Files,
    /// Batch jobs.
    BatchJobs,
    /// Libraries of documents.
    Libraries,
    /// Documents in each library.
    Documents,
    /// Those with whom each library is shared.
    Shares,
    /// Agents.
    Agents,
    /// Conversations.
    Conversations,
    /// Connectors to others' services.
    Connectors,
    /// Tools of each connector.
    ConnectorTools,
    /// Credentials of the organization in each connector.
    OrganizationCredentials,
    /// Credentials of the workspace in each connector.
    WorkspaceCredentials,
    /// Credentials of the user in each connector.
    UserCredentials,
    /// Workflows.
    Workflows,
    /// Registrations of workflows.
    Registrations,
    /// Runs of workflows.
    Runs,
    /// Schedules of workflows.
    Schedules,
    /// Deployments of workflows.
    Deployments,
    /// Workers of each deployment.
    Workers,
    /// Deployed search indexes.
    SearchIndexes,
    /// Configurations of pipelines that feed the indexes.
    Pipelines,
    /// Prompts.
    Prompts,
    /// Skills.
    Skills,
    /// Voices.
    Voices,
    /// Judges.
    Judges,
    /// Campaigns.
    Campaigns,
    /// Datasets.
    Datasets,
    /// Organizations of the key's owner.
    Organizations,
    /// Workspaces of the key's owner.
    Workspaces,
    /// Members of the organization.
    Members,
    /// Invitations into the organization.
    Invitations,
    /// Workspaces of the organization.
    AdminWorkspaces,
    /// Groups of users.
    UserGroups,
    /// Lines of the audit log.
    AuditLogs,
}

impl Resource {
    /// Every one.
    pub const ALL: [Self; 35] = [
        Self::Models,
        Self::TunedModels,
        Self::Files,
        Self::BatchJobs,
        Self::Libraries,
        Self::Documents,
        Self::Shares,
        Self::Agents,
        Self::Conversations,
        Self::Connectors,
        Self::ConnectorTools,
        Self::OrganizationCredentials,
        Self::WorkspaceCredentials,
        Self::UserCredentials,
        Self::Workflows,
        Self::Registrations,
        Self::Runs,
        Self::Schedules,
        Self::Deployments,
        Self::Workers,
        Self::SearchIndexes,
        Self::Pipelines,
        Self::Prompts,
        Self::Skills,
        Self::Voices,
        Self::Judges,
        Self::Campaigns,
        Self::Datasets,
        Self::Organizations,
        Self::Workspaces,
        Self::Members,
        Self::Invitations,
        Self::AdminWorkspaces,
        Self::UserGroups,
        Self::AuditLogs,
    ];

    /// The path that lists it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Models | Self::TunedModels => "/v1/models",
            Self::Files => "/v1/files",
            Self::BatchJobs => "/v1/batch/jobs",
            Self::Libraries => "/v1/libraries",
            Self::Documents => "/v1/libraries/{library_id}/documents",
            Self::Shares => "/v1/libraries/{library_id}/share",
            Self::Agents => "/v1/agents/pages",
            Self::Conversations => "/v1/conversations",
            Self::Connectors => "/v1/connectors",
            Self::ConnectorTools => "/v1/connectors/{connector_id_or_name}/tools",
            Self::OrganizationCredentials => {
                "/v1/connectors/{connector_id_or_name}/organization/credentials"
            }
            Self::WorkspaceCredentials => {
                "/v1/connectors/{connector_id_or_name}/workspace/credentials"
            }
            Self::UserCredentials => "/v1/connectors/{connector_id_or_name}/user/credentials",
            Self::Workflows => "/v1/workflows",
            Self::Registrations => "/v1/workflows/registrations",
            Self::Runs => "/v1/workflows/runs",
            Self::Schedules => "/v1/workflows/schedules",
            Self::Deployments => "/v1/workflows/deployments",
            Self::Workers => "/v1/workflows/deployments/{name}/workers",
            Self::SearchIndexes => "/v1/rag/deployments",
            Self::Pipelines => "/v1/rag/ingestion_pipeline_configurations",
            Self::Prompts => "/v2/prompts",
            Self::Skills => "/v2/skills",
            Self::Voices => "/v1/audio/voices",
            Self::Judges => "/v1/observability/judges",
            Self::Campaigns => "/v1/observability/campaigns",
            Self::Datasets => "/v1/observability/datasets",
            Self::Organizations => "/v1/users/me/organizations",
            Self::Workspaces => "/v1/users/me/workspaces",
            Self::Members => "/v1/admin/users",
            Self::Invitations => "/v1/admin/users-invite",
            Self::AdminWorkspaces => "/v1/admin/workspaces",
            Self::UserGroups => "/v1/admin/user-groups",
            Self::AuditLogs => "/v1/admin/audit-logs",
        }
    }

    /// What a path lists, by the path with its `{names}`.
    pub(crate) fn listed_by(path: &str) -> Option<Self> {
        // The same agents, listed in two ways.
        let path = if path == "/v1/agents" { "/v1/agents/pages" } else { path };
        Self::ALL.into_iter().find(|resource| resource.path() == path)
    }
}
