import type { Priority } from '@spillway/origin/contract'

/**
 * Part of a limit that each priority may fill, so that a more important request finds room behind less important ones
 * (decision 14).
 */
export const priorityShares: Readonly<Record<Priority, number>> = {
  critical: 1,
  normal: 0.9,
  background: 0.7,
}
