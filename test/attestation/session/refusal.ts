import { readdirSync, readFileSync } from 'node:fs'
import type { AttestationErrorCode } from '../../../attestation/errors.ts'

const FOLDER = new URL('../../vectors/session/refused/', import.meta.url)

/** A sealed chunk in hex, and whether it came as the final one. */
export interface RefusedChunk {
  readonly sealed: string
  readonly final: boolean
}

/** One message, or one stream of them, with one thing wrong; what is not in it is as in conversations.json. */
export type Refusal = { readonly code: AttestationErrorCode } & (
  | {
      readonly kind: 'hello'
      readonly host: string
      readonly now: number
      readonly hello: string
      readonly payer_signature: string
    }
  | {
      readonly kind: 'accept'
      readonly session: string
      readonly now: number
      readonly accept: string
      readonly signature: string
    }
  | {
      readonly kind: 'request'
      readonly session: string
      readonly host: string
      readonly meta: string
      readonly wrap: string
      readonly now: number
      /** Request numbers that the leg has spent before. */
      readonly spent: readonly number[]
      readonly chunks: readonly RefusedChunk[]
    }
  | {
      readonly kind: 'answer'
      readonly session: string
      readonly host: string
      readonly salt: string
      readonly chunks: readonly RefusedChunk[]
    }
  | { readonly kind: 'receipt'; readonly session: string; readonly host: string; readonly receipt_utf8: string }
  | { readonly kind: 'usage'; readonly host: string; readonly usage_utf8: string }
  | { readonly kind: 'keyset'; readonly keyset_utf8: string }
  | { readonly kind: 'frames'; readonly batch: string }
)

export type RefusalKind = Refusal['kind']
export type RefusalOf<K extends RefusalKind> = Extract<Refusal, { readonly kind: K }>

export function readRefusals(): readonly (readonly [name: string, refusal: Refusal])[] {
  return readdirSync(FOLDER)
    .sort()
    .map((file) => [
      file.replace('.json', '').replaceAll('-', ' '),
      JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Refusal
    ])
}
