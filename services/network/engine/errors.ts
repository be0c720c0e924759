/** A refusal in the shape and with the status that vLLM's OpenAI server gives. */
export class EngineError extends Error {
  readonly status: number
  readonly type: string
  readonly param: string | null

  constructor(status: number, type: string, message: string, param: string | null = null) {
    super(message)
    this.name = 'EngineError'
    this.status = status
    this.type = type
    this.param = param
  }

  get body(): { readonly error: object } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.status } }
  }
}

/** What vLLM's own checks refuse. */
export function badRequest(message: string, param: string | null = null): EngineError {
  return new EngineError(400, 'BadRequestError', message, param)
}

/** What vLLM's request model refuses, before its own checks. */
export function invalidBody(field: string, problem: string): EngineError {
  return new EngineError(400, 'Bad Request', `1 validation error: {'loc': ('body', '${field}'), 'msg': '${problem}'}`)
}

export function unknownModel(model: string): EngineError {
  return new EngineError(404, 'NotFoundError', `The model \`${model}\` does not exist.`, 'model')
}
