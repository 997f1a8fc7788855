import { EnvError, makeExactValidator } from 'envalid';

/**
 * A PostgreSQL URL as `pg` takes it. SQLAlchemy's `postgresql+psycopg2://` loses its driver, so that the variable can
 * be shared with the API. The value is never repeated in an error: it holds a password.
 */
export const databaseUrl = makeExactValidator<string>((input) => {
  const normalised = input.trim().replace(/^(postgres(?:ql)?)\+[a-z0-9_]+:\/\//i, '$1://');
  if (!/^postgres(ql)?:\/\//i.test(normalised)) {
    throw new EnvError('is not a PostgreSQL URL: it must begin with postgresql://');
  }
  if (!URL.canParse(normalised)) {
    throw new EnvError(
      'is not a URL: give postgresql://user:password@host:5432/name, with special characters in the password percent-encoded',
    );
  }
  return normalised;
});

/** An http or https URL without its trailing slash. Credentials in it are never repeated in an error. */
export const httpUrl = makeExactValidator<string>((input) => {
  const value = input.trim();
  if (!URL.canParse(value)) throw new EnvError(`"${withoutCredentials(value)}" is not a URL`);
  const { protocol } = new URL(value);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new EnvError(`"${withoutCredentials(value)}" is not an http:// or https:// URL`);
  }
  return value.replace(/\/+$/, '');
});

/** A URL as it may be shown, whatever is wrong with it. */
export function withoutCredentials(value: string): string {
  return value.replace(/\/\/[^/@]*@/, '//***@');
}
