/** The channel that the API's trigger notifies. */
export const CHANNEL = 'embedding_queue';
