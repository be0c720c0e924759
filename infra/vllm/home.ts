import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where vLLM and its model are kept from one run to the next. */
export function vllmHome(given: string | undefined): string {
  return given ?? join(homedir(), '.cache', 'bombyx', 'vllm')
}
