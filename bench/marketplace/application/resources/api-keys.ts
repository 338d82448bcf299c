import { apiKeys, role } from '@spillway/origin/contract'

/** Keys of hosts' machines, such as a channel manager, which administrators issue. */
export const keys = apiKeys({ access: role('admin'), versions: ['v1'] })
