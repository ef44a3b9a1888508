// Uploads to the inbox become messages in a queue. Event Grid writes them with the app's identity:
// there is no key and no webhook, and the app need not be there yet.
param name string
param location string
param tags object
param storageId string
param container string
param queue string
param identityId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: { source: storageId, topicType: 'Microsoft.Storage.StorageAccounts' }

  resource uploads 'eventSubscriptions' = {
    name: 'inbox'
    properties: {
      deliveryWithResourceIdentity: {
        identity: { type: 'UserAssigned', userAssignedIdentity: identityId }
        destination: {
          endpointType: 'StorageQueue'
          properties: { resourceId: storageId, queueName: queue }
        }
      }
      eventDeliverySchema: 'EventGridSchema'
      filter: {
        includedEventTypes: ['Microsoft.Storage.BlobCreated']
        subjectBeginsWith: '/blobServices/default/containers/${container}/'
      }
      retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    }
  }
}
