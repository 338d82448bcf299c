/**
 * Order of shedding: `critical` requests go before `normal`, `normal` before `background`.
 * Three classes, because ops can reason about three at 3 a.m. (Google SRE Book, ch. 21, names four.)
 */
export const priorities = ['critical', 'normal', 'background'] as const

export type Priority = (typeof priorities)[number]

export const isPriority = (value: unknown): value is Priority =>
  (priorities as readonly unknown[]).includes(value)

/** 0 is the most important. */
export const priorityRank = (priority: Priority): number => priorities.indexOf(priority)
