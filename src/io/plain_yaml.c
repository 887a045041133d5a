/* Plain YAML on top of libyaml.
 *
 * The file is looked at twice. The first pass goes through libyaml's events and refuses
 * what a job file has no use for (a second document, anchors, aliases, tags, deep
 * nesting), with the place where it stands. The second pass loads the document as a
 * tree in which every node knows its line and column, and flattens that into entries.
 * Repeated keys are found here: YAML forbids them and loaders mostly let the last one
 * win. */
#include "plain_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "lines.h"

enum { DEEPEST = 8 };

static fm_status fail_at(const fm_yaml_source *source, yaml_mark_t mark,
                         const char *what, fm_error *error)
{
    if (source->override) {
        return fm_fail(error, FM_BAD_INPUT, "--set %.200s: %s", source->override, what);
    }
    return fm_fail(error, FM_BAD_INPUT, "%s:%zu:%zu: %s", source->path, mark.line + 1,
                   mark.column + 1, what);
}

static fm_status fail_parser(const fm_yaml_source *source, const yaml_parser_t *parser,
                             fm_error *error)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return fm_fail_memory(error, "a job file", (double)source->length);
    }
    char what[300];
    snprintf(what, sizeof what, "not YAML: %s%s%s",
             parser->problem ? parser->problem : "cannot be read",
             parser->context ? " " : "", parser->context ? parser->context : "");
    if (parser->error == YAML_READER_ERROR &&
        !source->override) { /* has an offset instead of a mark */
        return fm_fail(error, FM_BAD_INPUT, "%s: at byte %zu: %s", source->path,
                       parser->problem_offset, what);
    }
    return fail_at(source, parser->problem_mark, what, error);
}

/* --- First pass: is it plain? --- */

static const char *fault_of(const yaml_event_t *event, int *depth, int *documents)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++*documents > 1 ? "a second document; a job file is one" : NULL;
    case YAML_ALIAS_EVENT:
        return "an alias (*); write the value out";
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        ++*depth;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        ++*depth;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        --*depth;
        break;
    default:
        break;
    }
    return anchor             ? "an anchor (&); a job file has no use for it"
           : tag              ? "a tag (!); a job file has no use for it"
           : *depth > DEEPEST ? "nested too deeply for a job file"
                              : NULL;
}

static fm_status check_plain(const fm_yaml_source *source, fm_error *error)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return fm_fail_memory(error, "a YAML parser", (double)sizeof parser);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->text,
                                 source->length);
    fm_status status = FM_OK;
    int depth = 0, documents = 0;
    bool done = false;
    while (!done && status == FM_OK) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            status = fail_parser(source, &parser, error);
            break;
        }
        const char *fault = fault_of(&event, &depth, &documents);
        if (fault) {
            status = fail_at(source, event.start_mark, fault, error);
        }
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return status;
}

/* --- Second pass: entries --- */

static const char *scalar(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static bool whole_text(const yaml_node_t *node)
{
    return strlen(scalar(node)) == node->data.scalar.length;
}

/* "section.key", or the key alone at the top. */
static char *dotted(const char *section, const char *key)
{
    size_t size = strlen(section) + strlen(key) + 2;
    char *text = malloc(size);
    if (text) {
        snprintf(text, size, "%s%s%s", section, section[0] ? "." : "", key);
    }
    return text;
}

typedef struct yaml_tree {
    const fm_yaml_source *source;
    yaml_document_t document;
    fm_entries *entries; /* what is filled: entries of a document */
    fm_entry *list;      /* or the values of one entry */
} yaml_tree;

static fm_status add_value(yaml_tree *tree, fm_entry *entry, const yaml_node_t *node,
                           fm_error *error)
{
    if (node->type != YAML_SCALAR_NODE) {
        return fail_at(tree->source, node->start_mark,
                       "a list holds plain values, not further lists or keys", error);
    }
    if (!whole_text(node)) {
        return fail_at(tree->source, node->start_mark, "a zero byte in a value", error);
    }
    entry->value[entry->n] = fm_text_copy(scalar(node));
    if (!entry->value[entry->n]) {
        return fm_fail_memory(error, "a job entry", (double)node->data.scalar.length);
    }
    entry->n++;
    return FM_OK;
}

static fm_status fill_values(yaml_tree *tree, fm_entry *entry, const yaml_node_t *node,
                             fm_error *error)
{
    entry->list = node->type == YAML_SEQUENCE_NODE;
    const yaml_node_item_t *begin = node->data.sequence.items.start;
    size_t n = entry->list ? (size_t)(node->data.sequence.items.top - begin) : 1;
    entry->value = calloc(n + 1, sizeof *entry->value);
    if (!entry->value) {
        return fm_fail_memory(error, "a job entry", (double)n * sizeof(char *));
    }
    if (!entry->list) {
        return add_value(tree, entry, node, error);
    }
    fm_status status = FM_OK;
    for (size_t i = 0; i < n && status == FM_OK; i++) {
        status = add_value(tree, entry,
                           yaml_document_get_node(&tree->document, begin[i]), error);
    }
    return status;
}

static fm_status add_entry(yaml_tree *tree, const char *section, const yaml_node_t *key,
                           const yaml_node_t *value, fm_error *error)
{
    fm_status status = fm_entries_reserve(tree->entries, error);
    if (status != FM_OK) {
        return status;
    }
    fm_entry entry = {.line = key->start_mark.line + 1,
                      .column = key->start_mark.column + 1};
    entry.key = dotted(section, scalar(key));
    status = entry.key ? fill_values(tree, &entry, value, error)
                       : fm_fail_memory(error, "a job entry", 64);
    if (status != FM_OK) {
        fm_entry_clear(&entry);
        return status;
    }
    tree->entries->entry[tree->entries->n++] = entry;
    return FM_OK;
}

static fm_status check_key(yaml_tree *tree, const yaml_node_t *mapping,
                           const yaml_node_pair_t *pair, fm_error *error)
{
    const yaml_node_t *key = yaml_document_get_node(&tree->document, pair->key);
    if (key->type != YAML_SCALAR_NODE || !whole_text(key) || strchr(scalar(key), '.')) {
        return fail_at(tree->source, key->start_mark,
                       "a key is a plain word (without dots: 'model.file' is 'file:' "
                       "below 'model:')",
                       error);
    }
    const yaml_node_pair_t *before = mapping->data.mapping.pairs.start;
    for (; before < pair; before++) {
        const yaml_node_t *other = yaml_document_get_node(&tree->document, before->key);
        if (strcmp(scalar(other), scalar(key)) == 0) {
            char what[200];
            snprintf(what, sizeof what, "key '%.60s' stands on line %zu already",
                     scalar(key), other->start_mark.line + 1);
            return fail_at(tree->source, key->start_mark, what, error);
        }
    }
    return FM_OK;
}

static fm_status flatten(yaml_tree *tree, const char *section,
                         const yaml_node_t *mapping, fm_error *error)
{
    const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
    fm_status status = FM_OK;
    for (; pair < mapping->data.mapping.pairs.top && status == FM_OK; pair++) {
        status = check_key(tree, mapping, pair, error);
        if (status != FM_OK) {
            break;
        }
        const yaml_node_t *key = yaml_document_get_node(&tree->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&tree->document, pair->value);
        if (value->type != YAML_MAPPING_NODE) {
            status = add_entry(tree, section, key, value, error);
        } else if (section[0] == '\0') {
            status = flatten(tree, scalar(key), value, error);
        } else {
            status =
                fail_at(tree->source, value->start_mark,
                        "keys below keys below keys; a job file has two levels", error);
        }
    }
    return status;
}

static fm_status flatten_document(yaml_tree *tree, fm_error *error)
{
    const yaml_node_t *root = yaml_document_get_root_node(&tree->document);
    if (!root) {
        return fm_fail(error, FM_BAD_INPUT, "%s: empty: no job in it",
                       tree->source->path);
    }
    if (root->type != YAML_MAPPING_NODE) {
        return fail_at(tree->source, root->start_mark,
                       "not a job file: that is a list of keys and values, 'key: "
                       "value'",
                       error);
    }
    return flatten(tree, "", root, error);
}

/* Load the text, which is known to be plain, and do `use` with its tree. */
static fm_status with_tree(yaml_tree *tree,
                           fm_status (*use)(struct yaml_tree *, fm_error *),
                           fm_error *error)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return fm_fail_memory(error, "a YAML parser", (double)sizeof parser);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)tree->source->text,
                                 tree->source->length);
    fm_status status = FM_OK;
    if (yaml_parser_load(&parser, &tree->document)) {
        status = use(tree, error);
        yaml_document_delete(&tree->document);
    } else {
        status = fail_parser(tree->source, &parser, error);
    }
    yaml_parser_delete(&parser);
    return status;
}

fm_status fm_yaml_entries(const fm_yaml_source *source, fm_entries *entries,
                          fm_error *error)
{
    yaml_tree tree = {.source = source, .entries = entries};
    fm_status status = check_plain(source, error);
    return status == FM_OK ? with_tree(&tree, flatten_document, error) : status;
}

static fm_status take_list(yaml_tree *tree, fm_error *error)
{
    const yaml_node_t *root = yaml_document_get_root_node(&tree->document);
    if (!root || root->type != YAML_SEQUENCE_NODE) {
        return fm_fail(error, FM_BAD_INPUT, "--set %.200s: not a list [a, b]",
                       tree->source->override);
    }
    return fill_values(tree, tree->list, root, error);
}

fm_status fm_yaml_list(const fm_yaml_source *source, fm_entry *entry, fm_error *error)
{
    yaml_tree tree = {.source = source, .list = entry};
    fm_status status = check_plain(source, error);
    return status == FM_OK ? with_tree(&tree, take_list, error) : status;
}
