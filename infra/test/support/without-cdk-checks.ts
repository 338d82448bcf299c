/**
 * Leaves out the check of templates against CloudFormation's schemas that the CDK brings: it takes ten seconds and only
 * warns. `npm run synth` and `npm run deploy:check` have it; rules that stop a synthesis are not part of it.
 */
export const withoutCdkChecks = { builtinCloudFormationValidation: false } as const
