// batchpoint in one resource group: the app, its storage, its identity and rights, its logs, and
// the events of its inbox. docs/deploy.md says how to use it.
targetScope = 'resourceGroup'

@description('The name of the azd environment; names and tags are made of it.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('The region. Not every one offers Flex Consumption: az functionapp list-flexconsumption-locations')
param location string = resourceGroup().location

@description('FC1 is Flex Consumption; the others are Dedicated, whose instances always run and have large disks.')
@allowed(['FC1', 'P0v3', 'P1v3', 'P2v3', 'P3v3'])
param plan string = 'FC1'

@description('Memory of one instance in MB, on Flex Consumption; its cores go with it.')
@allowed([512, 2048, 4096])
param memory int = 2048

@description('The most instances at once on Flex Consumption, which takes 40 and more; the number of instances on Dedicated.')
@minValue(1)
@maxValue(1000)
param instances int = 40

@description('Mini-batches that one instance scores at once: its cores, if each has 512 MB beside those of the app.')
@minValue(1)
param scorers int = 1

@description('Instances that stay warm for requests; each costs money while it idles.')
@minValue(0)
param alwaysReadyHttp int = 0

@description('Instances that stay warm for orchestrations and activities; each costs money while it idles.')
@minValue(0)
param alwaysReadyDurable int = 0

@description('Requests that one instance takes at once. Other instances start where there are more.')
@minValue(1)
param httpConcurrency int = 16

@description('Ids of the Microsoft Entra tenants whose users and applications may call.')
param signInTenants string[] = [tenant().tenantId]

@description('The client id of the app registration that infra/register-app makes.')
@minLength(36)
@maxLength(36)
param signInClientId string

@description('Who tells of files in the inbox. Flex Consumption cannot poll.')
@allowed(['eventgrid', 'polling', 'off'])
param inboxSource string = 'eventgrid'

@description('Puts the app into a virtual network, and its storage behind private endpoints.')
param isPrivate bool = false

@description('How much a month may cost, in the currency of the bill, until budgetEmails are told; 0 sets no alert.')
@minValue(0)
param monthlyBudget int = 0

@description('Who is told of the budget: at four fifths of it, and when it is foreseen to be exceeded.')
param budgetEmails string[] = []

@description('The first day of the budget; leave it to the template.')
param budgetStart string = utcNow('yyyy-MM-01')

var tags = { 'azd-env-name': environmentName }
var token = toLower(uniqueString(subscription().id, resourceGroup().id, environmentName))
var packageContainer = 'app-package'
var names = {
  systemContainer: 'batchpoint'
  defaultContainer: 'workspaceblobstore'
  inboxContainer: 'inbox'
  inboxQueue: 'inbox-events'
  tablePrefix: 'batchpoint'
  taskHub: 'batchpoint${token}'
}
var isFlex = plan == 'FC1'
// Twice what is scored at once, so that files are read while the model works.
var activities = 2 * scorers
var appName = 'func-${token}'

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: { name: 'id-${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: { token: token, location: location, tags: tags, principalId: identity.outputs.principalId }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    isPrivate: isPrivate
    containers: [packageContainer, names.systemContainer, names.defaultContainer, names.inboxContainer]
    queues: [names.inboxQueue]
    principalId: identity.outputs.principalId
    polls: inboxSource == 'polling'
    studioUrl: 'https://${appName}.azurewebsites.net'
  }
}

module network 'modules/network.bicep' = if (isPrivate) {
  name: 'network'
  params: {
    token: token
    location: location
    tags: tags
    storageId: storage.outputs.id
    isFlex: isFlex
  }
}

var settings = {
  AzureWebJobsStorage__accountName: storage.outputs.name
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.outputs.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
  PYTHON_THREADPOOL_THREAD_COUNT: string(max(40, activities + 16))
  AzureFunctionsJobHost__extensions__durableTask__hubName: names.taskHub
  AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: string(activities)
  BATCHPOINT_SCRATCH_FOLDER: '/var/tmp/batchpoint'
  BATCHPOINT_TABLE_PREFIX: names.tablePrefix
  BATCHPOINT_SYSTEM_CONTAINER: names.systemContainer
  BATCHPOINT_DEFAULT_CONTAINER: names.defaultContainer
  BATCHPOINT_INBOX_CONTAINER: names.inboxContainer
  BATCHPOINT_INBOX_QUEUE: names.inboxQueue
  BATCHPOINT_INBOX_SOURCE: inboxSource
  BATCHPOINT_SIGN_IN_TENANTS: join(signInTenants, ',')
  BATCHPOINT_SIGN_IN_AUDIENCES: 'api://${signInClientId},${signInClientId}'
  BATCHPOINT_SIGN_IN_CLIENT_ID: signInClientId
}

module flex 'modules/flex.bicep' = if (isFlex) {
  name: 'app-flex'
  params: {
    name: appName
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    packageUrl: '${storage.outputs.blobEndpoint}${packageContainer}'
    memory: memory
    instances: instances
    alwaysReadyHttp: alwaysReadyHttp
    alwaysReadyDurable: alwaysReadyDurable
    httpConcurrency: httpConcurrency
    subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    settings: settings
  }
}

module dedicated 'modules/dedicated.bicep' = if (!isFlex) {
  name: 'app-dedicated'
  params: {
    name: appName
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    sku: plan
    instances: instances
    subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    settings: settings
  }
}

module events 'modules/events.bicep' = if (inboxSource == 'eventgrid') {
  name: 'events'
  params: {
    name: 'evgt-${token}'
    location: location
    tags: tags
    storageId: storage.outputs.id
    container: names.inboxContainer
    queue: names.inboxQueue
    identityId: identity.outputs.id
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0) {
  name: 'budget'
  params: {
    name: 'batchpoint-${token}'
    amount: monthlyBudget
    emails: budgetEmails
    start: budgetStart
  }
}

output AZURE_LOCATION string = location
output AZURE_FUNCTION_APP_NAME string = isFlex ? flex!.outputs.name : dedicated!.outputs.name
output BATCHPOINT_URL string = isFlex ? flex!.outputs.url : dedicated!.outputs.url
output BATCHPOINT_AUDIENCE string = 'api://${signInClientId}'
output AZURE_STORAGE_ACCOUNT string = storage.outputs.name
