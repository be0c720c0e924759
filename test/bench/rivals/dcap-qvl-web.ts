import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initSync, js_verify } from '@phala/dcap-qvl-web'

/** `@phala/dcap-qvl` compiled from Rust to WASM: one verification of a quote under Intel's root. Throws when it refuses. */
export function wasmVerify(quote: Uint8Array, collateral: Uint8Array, now: Date): () => void {
  const path = createRequire(import.meta.url).resolve('@phala/dcap-qvl-web/dcap-qvl-web_bg.wasm')
  initSync({ module: readFileSync(path) })
  const seconds = BigInt(Math.floor(now.getTime() / 1000))
  return () => {
    js_verify(quote, JSON.parse(Buffer.from(collateral).toString()), seconds)
  }
}
