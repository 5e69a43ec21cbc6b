"""Words that tell next to nothing of what a text is about: articles, pronouns, prepositions, conjunctions, auxiliary verbs.

Two lists of our own, English and Russian, written down class by class from the closed classes of the grammars; they hold about
what Snowball's lists hold, less the negations (not, no, nor, не, нет, ни): those turn what a sentence says.  ё stands as е.
The pieces of shortened English forms (don't, we'll) stand among them, since words are cut at the apostrophe too.
"""

_ENGLISH = """
a an the
i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
it its itself they them their theirs themselves one
this that these those here there such same
who whom whose which what when where why how
and or but if because as until while although though since unless than whether
of at by for with about against between among into through during before after above below to from up down in out on off
over under onto upon within without along across behind beyond near toward towards
am is are was were be been being have has had having do does did doing done will would shall should can could may might must
cannot ought
again further then once all any both each few more most other some only own so too very just also even ever yet still
i'm you're he's she's it's we're they're i've you've we've they've i'd you'd he'd she'd we'd they'd i'll you'll he'll she'll
we'll they'll that's who's what's here's there's when's where's how's let's
s t d m ll re ve
"""

_RUSSIAN = """
я меня мне мной мною мы нас нам нами ты тебя тебе тобой тобою вы вас вам вами
он его него ему нему им ним нем она ее нее ей ней ею нею оно они их них ими ними себя себе собой собою
мой моя мое мои моего моей моему моим моих моими мою моем твой твоя твое твои твоего твоей твоему твоим твоих твоими твою твоем
наш наша наше наши нашего нашей нашему нашим наших нашими нашу нашем ваш ваша ваше ваши вашего вашей вашему вашим ваших вашими
вашу вашем свой своя свое свои своего своей своему своим своих своими свою своем
этот эта это эти этого этой этому этим этих этими эту этом тот та то те того той тому тем тех теми ту том
такой такая такое такие такого таких таким такую так там тут здесь сюда туда
кто кого кому кем ком что чего чему чем чем-то чтобы чтоб который которая которое которые которого которой которому которым
которых которыми которую котором чей чья чье чьи какой какая какое какие какого каких каким какую
где куда откуда когда почему зачем как сколько
весь вся все всего всей всему всем всех всеми всю сам сама само сами самого самой самому самим самих
и а но или либо да же ли бы б ведь вот ну уж уже еще лишь только даже тоже также если хотя пока потому поэтому оттого
раз будто словно разве
в во на с со к ко у о об обо от ото из изо за по под подо над надо до для без безо при про через чрез между перед передо
около после кроме среди вокруг ради сквозь
быть был была было были буду будешь будет будем будете будут есть будь
может могут можно
более менее очень почти тогда потом теперь опять снова всегда иногда
"""

ENGLISH = frozenset(_ENGLISH.split())
RUSSIAN = frozenset(_RUSSIAN.split())
STOP_WORDS = ENGLISH | RUSSIAN


def is_stop_word(word: str) -> bool:
    """Of either language, in any case; ё is read as е, and ’ as '.

    >>> [is_stop_word(word) for word in ("The", "её", "we’ll", "not", "мир")]
    [True, True, True, False, False]
    """
    return word.lower().replace("ё", "е").replace("’", "'") in STOP_WORDS
