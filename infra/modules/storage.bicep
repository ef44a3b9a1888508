// The storage account, its containers and queues, and what the app's identity may do with them.
// The app makes its tables, and the durable extension what its task hub needs.
param name string
param location string
param tags object
param isPrivate bool
param containers string[]
param queues string[]
param principalId string

@description('Where the studio is opened, whose pages upload files to the account and read them.')
param studioUrl string

@description('The host looks for new blobs itself.')
param polls bool

// Built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var roles = {
  blobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  queueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  tableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}
var pollingRoles = {
  accountContributor: '17d1049b-9a84-46fb-8f53-869881c3d3ab'
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: isPrivate ? 'Deny' : 'Allow' }
  }

  resource blobServices 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
      cors: {
        corsRules: [
          {
            allowedOrigins: [studioUrl]
            allowedMethods: ['GET', 'PUT']
            allowedHeaders: ['x-ms-blob-type', 'content-type']
            exposedHeaders: []
            maxAgeInSeconds: 3600
          }
        ]
      }
    }

    resource blobContainers 'containers' = [
      for container in containers: {
        name: container
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource queueServices 'queueServices' = {
    name: 'default'

    resource messages 'queues' = [for queue in queues: { name: queue }]
  }

  resource tableServices 'tableServices' = { name: 'default' }
}

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(polls ? union(roles, pollingRoles) : roles): {
    name: guid(account.id, principalId, role.value)
    scope: account
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
    }
  }
]

output id string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
