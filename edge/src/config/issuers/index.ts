import { auth0 } from './auth0.ts'
import { clerk } from './clerk.ts'
import { cognito } from './cognito.ts'
import { entra } from './entra.ts'
import { google } from './google.ts'
import { keycloak } from './keycloak.ts'
import { oidc } from './oidc.ts'
import { okta } from './okta.ts'
import type { IssuerPreset } from './preset.ts'
import { supabase } from './supabase.ts'

/** Presets by the name that the setting `preset` gives. Each has a page in `edge/docs/issuers`. */
export const issuerPresets: Readonly<Record<string, IssuerPreset>> = {
  auth0,
  clerk,
  cognito,
  entra,
  google,
  keycloak,
  oidc,
  okta,
  supabase,
}
