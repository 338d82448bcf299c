/**
 * Columns of a data point by their names in Analytics Engine's SQL. They never move, since queries name them by number;
 * new ones are added at the end. `weight`: number of answers that the point stands for, which weights sums. `originMs`:
 * -1 if the origin was not asked. `priority`: '' where the request matched no route. `takesItsTime`: 1 for kinds of
 * requests that have more time than others. `version`: id of the Worker's version.
 */
export const analyticsColumns = {
  route: 'index1',
  method: 'blob1',
  pattern: 'blob2',
  reason: 'blob3',
  cache: 'blob4',
  priority: 'blob5',
  version: 'blob6',
  status: 'double1',
  durationMs: 'double2',
  originMs: 'double3',
  weight: 'double4',
  takesItsTime: 'double5',
} as const
