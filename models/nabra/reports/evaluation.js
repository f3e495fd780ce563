// Draws an evaluation: the scores, and the sentences that the model gets wrong.

(() => {
  const ERRORS_A_PAGE = 10;

  const { report } = page;
  const model = report.systems.model;
  const tones = page.tones.slice(0, report.tones.length);
  const errors = findErrors(page.articles);

  /** The wrong sentences, which know their article and their place, those first that the model was surest of. */
  function findErrors(articles) {
    const all = articles.flatMap((article) => article.sentences.map((sentence, index) =>
      Object.assign(sentence, { article, index, toneWrong: sentence.tone !== sentence.guess.tone })));
    return all.filter(({ toneWrong, error }) => toneWrong || error).sort((a, b) => sureness(b) - sureness(a));
  }

  /** How sure the model was of what it got wrong; 0 where it does not say. */
  function sureness({ toneWrong, error, guess }) {
    return Math.max(toneWrong ? (confidenceOf(guess) ?? 0) : 0, error ? (guess.certainty ?? 0) : 0);
  }

  function confidenceOf({ scores, tone }) {
    return scores?.[tone];
  }

  // ---- Scores ----

  const decimals = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const showScore = (value) => (value === null ? "–" : decimals.format(value));
  const range = (from, to) => el("bdi", { dir: "ltr", text: `${from}–${to}` });
  const intervalOf = ({ low, high }) => (low === null ? null : el("span", { class: "quiet" }, range(showScore(low), showScore(high))));

  /** A table; what stands in it is text or elements, and a row begins with its heading. */
  function table(heads, rows) {
    const headCell = (head, place) => el("th", { scope: "col", class: place ? "number" : null }, head);
    const bodyCell = (cell) => (cell.tagName === "TD" ? cell : el("td", { class: "number" }, cell));
    const row = ([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), ...rest.map(bodyCell));
    return el("table", {}, el("thead", {}, el("tr", {}, ...heads.map(headCell))), el("tbody", {}, ...rows.map(row)));
  }

  /** A score, and its interval in numbers and as a bar. */
  function scoreCell(score) {
    const bar = el("span", { class: "interval", "aria-hidden": "true" }, el("span"));
    bar.hidden = score.low === null;
    bar.firstChild.style.insetInlineStart = `${100 * score.low}%`;
    bar.firstChild.style.width = `${100 * (score.high - score.low)}%`;
    return el("td", { class: "number" }, el("b", { text: showScore(score.value) }), intervalOf(score), bar);
  }

  function drawScores() {
    $("#figures").replaceChildren(
      figure(words.model, report.model),
      figure(words.labels, report.data),
      figure(words.articles, showNumber(report.articles)),
      figure(words.sentences, showNumber(report.sentences)),
      figure(words.date, showDate(report.date)),
    );
    const systems = Object.keys(report.systems);
    const rows = Object.entries(words.score_names).map(([score, name]) =>
      [name, ...systems.map((system) => scoreCell(report.systems[system].scores[score]))]);
    $("#scores .scroll").append(table([words.score, ...systems.map((system) => words.systems[system] ?? system)], rows));
  }

  // ---- Tones ----

  function drawConfusion() {
    const rows = model.confusion.map((counts, gold) =>
      [toneLabel(gold), ...counts.map((count, guess) => confusionCell(count, sum(counts), gold, guess))]);
    $("#confusion .scroll").append(table([words.tone, ...tones.map((_, tone) => toneLabel(tone))], rows));
  }

  function confusionCell(count, total, gold, guess) {
    const number = count && gold !== guess ? errorLink(pairKind(gold, guess), showNumber(count)) : el("b", { text: showNumber(count) });
    const cell = el("td", { class: "number heat" }, number, el("span", { class: "quiet", text: showShare(count, total) }));
    cell.style.setProperty("--heat", `${total ? (40 * count) / total : 0}%`);
    return cell;
  }

  function drawTones() {
    const rows = report.tones.map((tone, number) => {
      const count = `${words.sentences}: ${showNumber(sum(model.confusion[number]))}`;
      const cells = ["precision", "recall", "f1"].map((score) => scoreCell(model.scores[`tone_${score}_${tone}`]));
      return [el("div", {}, toneLabel(number), el("span", { class: "quiet", text: count })), ...cells];
    });
    $("#by-tone .scroll").append(table([words.tone, words.precision, words.recall, words.f1], rows));
  }

  // ---- Plots: shares from 0 to 1 both ways ----

  const PLOT = { left: 44, right: 376, top: 12, bottom: 232 }; // in a view box of 400 by 260
  const across = (share) => PLOT.left + share * (PLOT.right - PLOT.left);
  const up = (share) => PLOT.bottom - share * (PLOT.bottom - PLOT.top);

  function svg(tag, properties) {
    return dress(document.createElementNS($("svg").namespaceURI, tag), properties, []);
  }

  function axes() {
    return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      svg("line", { class: "grid", x1: across(0), x2: across(1), y1: up(share), y2: up(share) }),
      svg("text", { class: "up", x: across(0) - 6, y: up(share) + 4, text: showShare(share, 1) }),
      svg("text", { x: across(share), y: up(0) + 18, text: showShare(share, 1) }),
    ]);
  }

  /** Draw into a card its plot and its table; without anything to draw the card is hidden. */
  function drawPlot(card, shapes, heads, rows) {
    card.hidden = !rows.length;
    card.querySelector("svg").append(...axes(), ...shapes);
    card.querySelector(".scroll").append(table(heads, rows));
  }

  function drawReliability() {
    const bars = model.reliability.flatMap(({ low, high, sentences, confidence, accuracy }) => {
      const [x1, x2] = [across(low) + 1, across(high) - 1];
      return [
        svg("rect", { class: "bar", x: x1, width: x2 - x1, y: up(accuracy), height: up(0) - up(accuracy) }),
        svg("line", { class: "dash", x1, x2, y1: up(confidence), y2: up(confidence) }),
        svg("text", { class: "count", x: (x1 + x2) / 2, y: up(0) - 5, text: showNumber(sentences) }),
      ];
    });
    const diagonal = svg("line", { class: "diagonal", x1: across(0), x2: across(1), y1: up(0), y2: up(1) });
    const rows = model.reliability.map(({ low, high, sentences, confidence, accuracy }) =>
      [range(showShare(low, 1), showShare(high, 1)), showNumber(sentences), showScore(confidence), showScore(accuracy)]);
    const heads = [words.confidence, words.sentences, words.mean_confidence, words.accuracy];
    drawPlot($("#reliability"), [...bars, diagonal], heads, rows);
    const error = model.scores.tone_calibration_error;
    const total = [`${words.score_names.tone_calibration_error}: `, el("b", { text: showScore(error.value) }), " ", intervalOf(error)];
    $("#reliability .total").append(...total.filter(Boolean));
  }

  function drawCoverage() {
    const curve = (name, key) => {
      const points = model.coverage.map((point) => [across(point.min_confidence), up(point[key])]);
      const dots = points.map(([cx, cy]) => svg("circle", { class: name, cx, cy, r: 3 }));
      return [svg("polyline", { class: name, points: points.join(" ") }), ...dots];
    };
    const rows = model.coverage.map((point) =>
      [showShare(point.min_confidence, 1), showScore(point.coverage), showScore(point.tone_accuracy)]);
    const heads = [words.min_confidence, words.decided, words.decided_accuracy];
    drawPlot($("#coverage"), [...curve("decided", "coverage"), ...curve("right", "tone_accuracy")], heads, rows);
  }

  // ---- Speakers ----

  function drawSpeakers() {
    const counts = Object.entries(model.speaker_errors);
    const wrong = sum(Object.values(model.speaker_errors));
    const rows = counts.map(([kind, count]) => {
      const name = words.error_names[kind];
      return [count ? errorLink(kind, name) : name, showNumber(count), showShare(count, wrong)];
    });
    $("#speakers p").textContent = say(words.speaker_hint, { wrong: showNumber(wrong), all: showNumber(report.sentences) });
    $("#speakers .scroll").append(table([words.error, words.sentences, words.share], rows));
  }

  // ---- Kinds of errors ----

  const pairKind = (gold, guess) => `${gold}-${guess}`;

  /** Groups of [kind, name, which sentences are of it]. */
  function kindsOfErrors() {
    const pairs = tones.flatMap((gold, a) => tones.map((guess, b) =>
      [pairKind(a, b), say(words.taken_for, { gold, guess }), ({ tone, guess }) => tone === a && guess.tone === b && a !== b]));
    const speakers = Object.entries(words.error_names).map(([kind, name]) => [kind, name, ({ error }) => error === kind]);
    return {
      [words.errors]: [
        ["all", words.all_errors, () => true],
        ["tone", words.tone_errors, ({ toneWrong }) => toneWrong],
        ["speaker", words.speaker_errors, ({ error }) => Boolean(error)],
        ["both", words.both_errors, ({ toneWrong, error }) => toneWrong && Boolean(error)],
      ],
      [words.tones]: pairs,
      [words.speakers]: speakers,
    };
  }

  const kinds = kindsOfErrors();
  const tests = new Map(Object.values(kinds).flat().map(([kind, , test]) => [kind, test]));

  function fillKinds() {
    for (const [label, group] of Object.entries(kinds)) {
      const counted = group.map(([value, name, test]) => [value, name, errors.filter(test).length]);
      const options = counted.filter(([value, , count]) => count || value === "all").map(([value, name, count]) =>
        el("option", { value, text: `${name} (${showNumber(count)})` }));
      if (options.length) $("#kind").append(el("optgroup", { label }, ...options));
    }
  }

  /** A button that shows the errors of a kind. */
  function errorLink(kind, text) {
    return el("button", { type: "button", class: "link", text, onclick: () => {
      $("#kind").value = kind;
      showErrors(0);
      $("#errors").scrollIntoView();
      $("#errors-title").focus({ preventScroll: true });
    } });
  }

  // ---- Errors ----

  function showErrors(number) {
    const found = errors.filter(tests.get($("#kind").value));
    const start = number * ERRORS_A_PAGE;
    const cards = found.slice(start, start + ERRORS_A_PAGE).map(errorCard);
    $("#errors .list").replaceChildren(...(cards.length ? cards : [el("li", { class: "quiet", text: words.none })]));
    $("#status").textContent = say(words.status, { count: showNumber(found.length), total: showNumber(errors.length) });
    showPager($("#errors .pager"), number, ERRORS_A_PAGE, found.length, showErrors);
  }

  /** A wrong sentence between its neighbours, and what was labelled beside what was predicted. */
  function errorCard(sentence) {
    const { article, index } = sentence;
    const open = quoted("button", titleOf(article), { type: "button", class: "link", onclick: () => showArticle(sentence) });
    const context = [index - 1, index, index + 1].filter((place) => article.sentences[place]).map((place) => {
      const paragraph = textIn(sentence, place);
      paragraph.classList.toggle("quiet", place !== index);
      return paragraph;
    });
    const title = el("div", { dir: directionOf(sentence.text).dir }, el("h3", {}, open), byline(article));
    return el("li", { class: "card" }, title, el("div", { class: "context" }, ...context), versus(sentence));
  }

  /** The text of a sentence of the article, with the two mentions of a wrong sentence where they stand in it. */
  function textIn({ article, mention, guess }, place) {
    const ranges = (found) => (found?.[0] === place && found.length === 3 ? [found.slice(1)] : []);
    return marked(article.sentences[place].text, ["u", ranges(mention)], ["u", ranges(guess.mention), "guess"]);
  }

  /** Label and prediction side by side. */
  function versus(sentence) {
    const { guess, toneWrong, error } = sentence;
    const row = (name, wrong, gold, predicted) => el("tr", { class: wrong ? "wrong" : null },
      el("th", { scope: "row", text: `${wrong ? "✗" : "✓"} ${name}` }), el("td", {}, ...gold), el("td", {}, ...predicted));
    const heads = [words.right, words.labelled, words.predicted].map((text) => el("th", { scope: "col", text }));
    const tone = [toneLabel(guess.tone), share(confidenceOf(guess)), note(guess.truncated && words.truncated)];
    return el("table", { class: "versus" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {},
      row(words.tone, toneWrong, [toneLabel(sentence.tone)], tone),
      row(words.speaker, error, whoOf(sentence, sentence), [...whoOf(guess, sentence), note(words.error_names[error])]),
    ));
  }

  const share = (part) => (part === undefined ? null : el("span", { class: "quiet", text: ` ${showShare(part, 1)}` }));
  const note = (text) => (text ? el("div", { class: "quiet", text }) : null);

  /** The speaker that labels name, and where they find the name if it is in another sentence. */
  function whoOf(labels, { article, index }) {
    const [place, start, end] = labels.mention ?? [index];
    const where = el("div", { class: "quiet" }, say(words.named_in, { number: showNumber(place + 1) }), " ");
    if (start !== undefined) where.append(quoted("span", article.sentences[place].text.slice(start, end)));
    return [nameOf(labels), share(labels.certainty), place === index ? null : where];
  }

  function nameOf({ speaker }) {
    if (speaker === undefined) return el("span", { class: "quiet", lang: page.lang, text: words.reporter });
    return quoted("span", page.speakers[speaker]);
  }

  /** The whole article of a wrong sentence, in the drawer. */
  function showArticle(wrong) {
    const { article } = wrong;
    const rows = article.sentences.map((sentence, place) => {
      const { guess, error, toneWrong } = sentence;
      const instead = (element) => el("div", { class: "instead", dir: document.dir, lang: page.lang }, `${words.predicted}: `, element);
      return el("li", { class: "sentence", "data-tone": colour(sentence.tone), "aria-current": sentence === wrong ? "true" : null },
        el("div", { class: "who" }, nameOf(sentence), error ? instead(nameOf(guess)) : null),
        textIn(wrong, place),
        el("div", { class: "tone", dir: document.dir, lang: page.lang }, toneLabel(sentence.tone), toneWrong ? instead(toneLabel(guess.tone)) : null));
    });
    openDrawer(() => [heading(article), el("ol", { class: "sentences", dir: "rtl" }, ...rows)]);
    drawer.querySelector("[aria-current]").scrollIntoView({ block: "center" });
  }

  drawScores();
  drawConfusion();
  drawTones();
  drawReliability();
  drawCoverage();
  drawSpeakers();
  fillKinds();
  showErrors(0);
  $("#kind").addEventListener("change", () => showErrors(0));
})();
