// The app on Flex Consumption: no instance, and no cost, while there is nothing to do.
param name string
param planName string
param location string
param tags object
param identityId string
param packageUrl string
param memory int
@minValue(1)
param instances int
param alwaysReadyHttp int
param alwaysReadyDurable int
param httpConcurrency int
param subnetId string
param settings object

var ready = filter(
  [{ name: 'http', instanceCount: alwaysReadyHttp }, { name: 'durable', instanceCount: alwaysReadyDurable }],
  group => group.instanceCount > 0
)

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    keyVaultReferenceIdentity: identityId
    siteConfig: { minTlsVersion: '1.2', http20Enabled: true }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.12' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: memory
        maximumInstanceCount: instances
        alwaysReady: ready
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }

  resource appSettings 'config' = { name: 'appsettings', properties: settings }
  resource ftp 'basicPublishingCredentialsPolicies' = { name: 'ftp', properties: { allow: false } }
  resource scm 'basicPublishingCredentialsPolicies' = { name: 'scm', properties: { allow: false } }
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
