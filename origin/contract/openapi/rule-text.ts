import type { AccessRule } from '../access.ts'

/** Describes a rule in words. */
export function ruleText(rule: AccessRule): string {
  switch (rule.kind) {
    case 'anyone':
      return 'anyone'
    case 'signedIn':
      return 'anyone with a token'
    case 'never':
      return 'nobody'
    case 'scope':
      return `the scope \`${rule.scope}\``
    case 'claim':
      return `\`${rule.value}\` among the token's ${rule.claim}`
    case 'owner':
      return `the caller is \`${rule.field}\``
    case 'member':
      return `the caller is among \`${rule.field}\``
    case 'tenant':
      return `\`${rule.field}\` is among the token's ${rule.claim}`
    case 'where':
      return Object.entries(rule.fields)
        .map(([field, value]) => `\`${field}\` is \`${value}\``)
        .join(' and ')
    default:
      return `(${rule.rules.map(ruleText).join(rule.kind === 'any' ? ' or ' : ' and ')})`
  }
}
