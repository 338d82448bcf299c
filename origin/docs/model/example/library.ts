import { defineApplication } from '@spillway/origin/contract'
import { articles } from './articles.ts'

export const library = defineApplication({
  name: 'library',
  title: 'Library',
  summary: 'Articles for everybody.',
  resources: [articles],
  slo: {
    days: 28,
    critical: { availability: 0.9995, latency: { p: 0.99, ms: 300 } },
    normal: { availability: 0.999 },
  },
})
