"""What the app is compared with: each a process that scores a workload whenever it is told to."""
