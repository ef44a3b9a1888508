// The size medium, for az deployment group create.
using 'main.bicep'

import { sizes } from 'sizes.bicep'

var size = sizes.medium

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'batchpoint')
param signInClientId = readEnvironmentVariable('BATCHPOINT_SIGN_IN_CLIENT_ID')
param plan = size.plan
param memory = size.memory
param instances = size.instances
param scorers = size.scorers
