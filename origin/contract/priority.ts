/**
 * Order of shedding: `background` requests are shed before `normal` ones, and those before `critical` ones. Three
 * classes, because operators can reason about three under stress (Google SRE Book, ch. 21, has four).
 */
export const priorities = ['critical', 'normal', 'background'] as const

export type Priority = (typeof priorities)[number]

export const isPriority = (value: unknown): value is Priority =>
  priorities.some((priority) => priority === value)

/** Rank of a priority; 0 is the most important. */
export const priorityRank = (priority: Priority): number => priorities.indexOf(priority)
