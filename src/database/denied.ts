import { errorCode } from '../errors.js';

/** Whether the server says that the role may not do it: insufficient_privilege. */
export function isDenied(error: unknown): error is Error {
  return errorCode(error) === '42501';
}
