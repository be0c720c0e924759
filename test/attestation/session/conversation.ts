import { existsSync, readFileSync } from 'node:fs'
import { describe } from 'vitest'

/** Our own published conversations, and those of an independent implementation beside the checkout where there are any. */
const PATHS = {
  'our own': new URL('../../vectors/session/conversations.json', import.meta.url),
  independent: new URL('../../../../shared/vectors/session/vectors.json', import.meta.url)
} as const

export interface RecordedHost {
  readonly name: string
  readonly session_seed: string
  readonly receipt_seed: string
  readonly session_public_key: string
  readonly receipt_public_key: string
  readonly epoch: string
  readonly keyset_utf8: string
  readonly keyset_bytes: string
  readonly digest: string
  readonly keyset_digest: string
  readonly challenge: {
    readonly random: string
    readonly network: number
    readonly seqno: number
    readonly root_hash: string
    readonly gen_utime: number
    readonly preimage: string
    readonly nonce: string
  }
  readonly statement_utf8: string
  readonly report_data: string
  readonly gpu_nonce: string
}

export interface RecordedAccept {
  readonly host: string
  readonly fields: {
    readonly session_id: string
    readonly digest: string
    readonly not_after: number
    readonly replay_window: number
    readonly host_nonce: string
    readonly price: Readonly<Record<'prompt' | 'cached' | 'completion' | 'reasoning', number>>
    readonly enc: string
  }
  readonly accept: string
  readonly th1: string
  readonly signed_message: string
  readonly signature: string
  readonly grpc_message: string
  readonly ss: string
  readonly leg: string
}

export interface RecordedResponse {
  readonly host: string
  readonly salt: string
  readonly reply: string
  readonly k: string
  readonly iv: string
  readonly plaintexts: readonly string[]
  readonly chunks: readonly string[]
  readonly content_utf8: string
  readonly receipt_utf8: string
  readonly usage_statement_utf8: string
}

export interface RecordedSession {
  readonly name: string
  readonly client_xwing_seed: string
  readonly hpke_info: string
  readonly hello: {
    readonly fields: {
      readonly kem: number
      readonly aead: number
      readonly client_nonce: string
      readonly ttl_seconds: number
      readonly model: string
      readonly digests: readonly string[]
      readonly client_public_key: string
      readonly payer: null | {
        readonly escrow_workchain: number
        readonly escrow_hash: string
        readonly voucher_public_key: string
      }
    }
    readonly hello: string
    readonly th0: string
    readonly session_id: string
    readonly tenant_pseudonym: string
    readonly payer_signed_message?: string
    readonly payer_signature?: string
    readonly grpc_message: string
  }
  readonly accepts: readonly RecordedAccept[]
  readonly request: {
    readonly affinity_key: string
    readonly affinity_prefix_utf8: string
    readonly meta_fields: {
      readonly session_id: string
      readonly n: number
      readonly stream: boolean
      readonly deadline: number
      readonly input_size: number
      readonly output_limit: number
      readonly cadence_ms: number
      readonly max_price: number
      readonly affinity: string
      readonly model: string
    }
    readonly meta: string
    readonly thm: string
    readonly dek: string
    readonly wraps: readonly {
      readonly host: string
      readonly digest: string
      readonly wrap_key: string
      readonly wrap: string
    }[]
    readonly body_utf8: string
    readonly forwarded_body_utf8: string
    readonly bhttp: string
    readonly padded: string
    readonly k: string
    readonly iv: string
    readonly nonces: readonly string[]
    readonly plaintexts: readonly string[]
    readonly chunks: readonly string[]
    readonly req: string
  }
  readonly responses: readonly RecordedResponse[]
  readonly unanswered: { readonly host: string; readonly usage_statement_utf8: string }
}

interface RecordedBatch {
  readonly frames: Readonly<Record<string, string>>
  readonly batch: string
  readonly grpc_message: string
}

export interface Conversations {
  readonly time: { readonly sent: number; readonly now: number }
  readonly voucher_seed: string
  readonly voucher_public_key: string
  readonly hosts: readonly RecordedHost[]
  readonly sessions: readonly RecordedSession[]
  readonly cache_salt: {
    readonly guest_random: string
    readonly session_scope: { readonly value: string }
    readonly tenant_scope: { readonly value: string }
    readonly no_payer: { readonly value: string }
  }
  readonly link: {
    readonly relay_authority: string
    readonly relay_nonce: string
    readonly client_relay_nonce: string
    readonly credential: string
    readonly limits: { readonly most_streams: number; readonly most_batch_bytes: number }
    readonly slots: { readonly free: number; readonly total: number }
    readonly codes: { readonly reset: number; readonly goaway: number }
    readonly host_link_stream: number
    readonly client_link_stream: number
    readonly hello_signed_message: string
    readonly hello_signature: string
    readonly relay_to_host: RecordedBatch
    readonly host_to_relay: RecordedBatch
    readonly client_to_relay: RecordedBatch
    readonly relay_to_client: RecordedBatch
  }
  readonly nonce_examples: readonly { readonly iv: string; readonly j: number; readonly nonce: string }[]
  readonly lp_examples: readonly { readonly x: string; readonly lp: string }[]
  readonly padding: readonly { readonly length: number; readonly padded: number }[]
}

/** Our own, which every checkout has. */
export function readOwnConversations(): Conversations {
  return read(PATHS['our own'])
}

/** Describes the same of each source; one that is not beside this checkout is skipped, and says so. */
export function eachSource(tests: (conversations: Conversations) => void): void {
  for (const [name, path] of Object.entries(PATHS)) {
    if (existsSync(path)) describe(`conversations, ${name}`, () => tests(read(path)))
    else describe.skip(`conversations, ${name}: not beside this checkout`, () => tests(readOwnConversations()))
  }
}

function read(path: URL): Conversations {
  return JSON.parse(readFileSync(path, 'utf8')) as Conversations
}
