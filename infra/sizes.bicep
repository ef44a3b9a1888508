// The three sizes. scorers are the cores of an instance; memory is a choice on Flex Consumption alone.

@export()
var sizes = {
  // To try it, and for small models: 1 core and 0.8 GB of disk.
  small: { plan: 'FC1', memory: 2048, instances: 40, scorers: 1 }
  // For larger models and more files: 2 cores and 0.8 GB of disk.
  medium: { plan: 'FC1', memory: 4096, instances: 200, scorers: 2 }
  // For environments that do not fit a small disk, such as those with torch: two instances of 16 GB
  // and 4 cores, which always run and cost.
  large: { plan: 'P2v3', memory: 4096, instances: 2, scorers: 4 }
}
