import type { ApplicationTools } from '@spillway/origin/contract'

export const tools: ApplicationTools = {}
