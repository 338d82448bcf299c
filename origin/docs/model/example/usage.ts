import { plans, role } from '@spillway/origin/contract'

export const usage = plans({
  plans: {
    free: { rate: 10, burst: 20, quota: 100_000, priority: 'background' },
    pro: { rate: 100, quota: 10_000_000 },
  },
  default: 'free',
  access: role('admin'),
  versions: ['v2'],
})
