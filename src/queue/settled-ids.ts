/** pg-boss answers a settling call with the ids it settled, which its typings leave out. */
export function settledIds(response: object): Set<string> {
  const settled = 'settled' in response && Array.isArray(response.settled) ? (response.settled as string[]) : [];
  return new Set(settled);
}
