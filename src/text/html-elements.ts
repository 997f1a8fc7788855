const words = (list: string): string[] => list.trim().split(/\s+/);

const NAMES = {
  /** Their text starts and ends a line. Those of `ac:` are Confluence's. */
  block: `
    address article aside blockquote body br caption center colgroup dd details dialog dir div dl dt fieldset figcaption
    figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol optgroup option p
    pre search section select summary table tbody td tfoot th thead title tr ul
    ac:layout-cell ac:plain-text-body ac:rich-text-body ac:structured-macro ac:task ac:task-body ac:task-list`,
  /** Their text is part of the surrounding sentence. Includes common MathML elements, so that formulas keep their letters. */
  inline: `
    a abbr acronym area audio b base basefont bdi bdo big button canvas cite code col data datalist del dfn em embed font
    frame i img input ins kbd label link map mark meta meter nobr object oembed output param picture progress q rp rt ruby
    s samp slot small source span strike strong sub sup textarea time track tt u var video wbr
    math mfrac mi mn mo mover mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder
    munderover semantics`,
  /** Their content is not meant for readers. */
  dropped: `
    ac:parameter ac:task-id ac:task-status annotation annotation-xml iframe noembed noframes noscript script style svg
    template`,
};

/** The elements of HTML. Any other name in angle brackets is text: `Map<string>`. */
export const ELEMENTS: ReadonlyMap<string, keyof typeof NAMES> = new Map(
  (['block', 'inline', 'dropped'] as const).flatMap((kind) => words(NAMES[kind]).map((name) => [name, kind] as const)),
);

/**
 * Elements whose closing tag HTML makes optional, or that have none. Not those that mean nothing without an attribute: a
 * sentence that names `<source>` or `<input>` means a placeholder.
 */
export const MAY_STAY_OPEN: ReadonlySet<string> = new Set(
  words('br caption col colgroup dd dt hr li p rp rt tbody td tfoot th thead tr wbr'),
);

/** Within these the tokenizer reads no tags. */
export const RAW_TEXT: readonly string[] = words('iframe noembed noframes plaintext script style textarea title xmp');
