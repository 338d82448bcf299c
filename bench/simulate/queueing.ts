/**
 * Erlang's C formula: the share of arrivals that must wait in an M/M/c queue (Erlang 1917; Kleinrock, Queueing Systems
 * I, eq. 3.41), by the recursion of his B formula, which does not overflow.
 *
 * @param load arrivals per second times mean service seconds, in servers
 * @returns 1 for a load beyond the capacity
 */
export function erlangC(servers: number, load: number): number {
  if (load >= servers) return 1
  let blocked = 1
  for (let n = 1; n <= servers; n += 1) blocked = (load * blocked) / (n + load * blocked)
  const utilization = load / servers
  return blocked / (1 - utilization + utilization * blocked)
}

/** Mean wait in an M/M/c queue, in the unit of `service`; infinite for a load beyond the capacity. */
export const meanWait = (servers: number, load: number, service: number): number =>
  load >= servers ? Number.POSITIVE_INFINITY : (erlangC(servers, load) * service) / (servers - load)
