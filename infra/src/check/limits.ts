import type { Bar } from '../../local/bar.ts'

/** Limits of `npm run deploy:check`. */
export const limits = {
  /** `npm run synth` on a fresh machine. */
  synth: { name: 'infra-synth-seconds', limit: 60, holds: '<=' },
  /** Findings of cdk-nag, our own rules and cfn-lint in the templates of all stages. */
  findings: { name: 'infra-template-findings', limit: 0, holds: '<=' },
  /** Smallest overrun of the connection budget that stops the synth. */
  budget: { name: 'infra-connections-that-stop-synth', limit: 1, holds: '<=' },
} as const satisfies Readonly<Record<string, Bar>>
