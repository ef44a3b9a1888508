"""Queue of the jobs on a compute: first come, first served."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Place:
    """A job's place on a compute: how many instances it takes, and whether it has them yet."""

    job: str
    instances: int
    is_admitted: bool = False


@dataclass(frozen=True)
class ComputeQueue:
    """The places of a compute in the order in which their jobs came."""

    places: tuple[Place, ...] = ()

    def position(self, job: str) -> int | None:
        """Number of jobs that wait before this one; None if the job is not in the queue."""
        waiting = [place.job for place in self.places if not place.is_admitted]
        return waiting.index(job) if job in waiting else None

    def is_admitted(self, job: str) -> bool:
        """True if a job has its instances."""
        return any(place.job == job and place.is_admitted for place in self.places)

    def join(self, job: str, instances: int) -> "ComputeQueue":
        """The line with a job at its end, or as it is if the job is in it already."""
        if any(place.job == job for place in self.places):
            return self
        return ComputeQueue((*self.places, Place(job, instances)))

    def leave(self, jobs: set[str]) -> "ComputeQueue":
        """The line without some jobs."""
        return ComputeQueue(tuple(place for place in self.places if place.job not in jobs))

    def admit(self, max_instances: int) -> "ComputeQueue":
        """The line with all jobs admitted that fit, up to the first one that does not."""
        taken = sum(place.instances for place in self.places if place.is_admitted)
        places: list[Place] = []
        is_open = True
        for place in self.places:
            fits = taken + place.instances <= max_instances
            if not place.is_admitted and is_open and fits:
                taken += place.instances
                places.append(replace(place, is_admitted=True))
                continue
            is_open = is_open and place.is_admitted
            places.append(place)
        return ComputeQueue(tuple(places))
