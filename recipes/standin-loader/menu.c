#include "menu.h"
#include "console.h"
#include "keyboard.h"
#include "listing.h"
#include "text.h"
#include "words.h"

/* The rows are Chameleon's: a headline, an empty row, the volumes, an empty row, the prompt. */
enum { first_item = menu_row + 2 };

static void show_item(const struct system *system, unsigned index, bool chosen)
{
    char line[columns + 1];
    list_system(system, line, sizeof line);
    print_item(first_item + (int)index, line, chosen);
}

static void show_prompt(unsigned count)
{
    console_clear_from(first_item + (int)count + 1);
    print("Press Enter to start, or type kernel flags first (-v, -x, idlehalt=0 ...).\n\nboot: ");
}

static void show_seconds(unsigned left)
{
    console_clear_from(menu_row);
    print(countdown_words " (%u)", left);
}

static void type_key(char key, char flags[longest_flags])
{
    size_t length = text_length(flags);
    char typed[2] = {key, 0};
    if (key == key_backspace && length > 0) {
        flags[length - 1] = 0;
        console_rub_out();
    } else if (key >= ' ' && key <= '~' && length + 1 < longest_flags) {
        text_append(flags, longest_flags, typed);
        print("%s", typed);
    }
}

unsigned choose(const struct system *const *items, unsigned count, unsigned otherwise, unsigned timeout,
                char flags[longest_flags])
{
    unsigned chosen = otherwise;
    flags[0] = 0;
    if (timeout > 0 && !any_key_within(timeout, show_seconds))
        return chosen;
    console_clear_from(menu_row);
    print("Use \x18\x19 keys to choose the volume to start up from.");
    for (unsigned i = 0; i < count; i++)
        show_item(items[i], i, i == chosen);
    show_prompt(count);
    for (;;) {
        uint16_t key = read_key();
        unsigned before = chosen;
        if (key == key_up && chosen > 0)
            chosen--;
        else if (key == key_down && chosen + 1 < count)
            chosen++;
        else if ((key & 0xff) == key_return)
            return chosen;
        else if ((key & 0xff) == key_escape) {
            flags[0] = 0;
            return otherwise;
        } else
            type_key((char)key, flags);
        if (chosen != before) {
            show_item(items[before], before, false);
            show_item(items[chosen], chosen, true);
        }
    }
}
