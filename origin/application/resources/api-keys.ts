import { apiKeys, role } from '@spillway/origin/contract'

/** Keys for machines, which administrators issue, and `npm run apikeys`. */
export const keys = apiKeys({ access: role('admin'), versions: ['v2'] })
