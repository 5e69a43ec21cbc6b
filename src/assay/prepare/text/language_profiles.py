"""How much likelier each pair of letters is in English and in Russian than in other languages of the same script.

The two tables are made by ``benchmarks/language_profiles.py``, which tells what was counted: English and Russian books in the
public domain and word lists of simplemma against its lists of nineteen other languages in Latin letters and three in Cyrillic.
The function words of other languages are written down for this project, less those that English or Russian writes alike.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

STEP = 0.25
_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"
"""Of -25 to 25 steps."""

MOST_CODES = 0x530


@dataclass(frozen=True)
class Profile:
    """letters: the space first.  table: a line a letter, a sign for each letter after it.  foreign: words of the others."""

    letters: str
    table: str
    foreign: frozenset[str]

    @cached_property
    def odds(self) -> np.ndarray:
        """float64 (n_letters, n_letters): log-odds of the second letter after the first."""
        lines = self.table.split()
        return np.array([[_SIGNS.index(sign) - 25 for sign in line] for line in lines]) * STEP

    def codes(self, points: np.ndarray) -> np.ndarray:
        """Of code points their places among the letters; -1 for others."""
        places = np.full(MOST_CODES + 1, -1)
        places[[ord(letter) for letter in self.letters]] = np.arange(len(self.letters))
        found: np.ndarray = places[np.minimum(points, MOST_CODES)]
        return found


_OTHER_LATIN = """
der die das und ist nicht ein eine einen dem den des ich du er sie wir ihr es mit auf von zu zum zur im bei nach aus auch
wie wo wird sind haben hat war kann noch nur aber oder wenn dass
le la les un une et est pas que qui dans pour sur avec ce cette je tu il elle nous vous ils ne plus mais ou sont au aux
du de en par bien tout
el los las una y es no en que por para con su como pero muy lo al del este esta yo ser hay
il lo gli che di non per sono si con come questo questa della del nel alla anche ma
o os as um uma e em do da dos das na nas nos com mais foi ao
het een van ik je niet dat zijn op te met voor maar hij wij ook naar
nie jest na to z ze w do jak ale czy tak od co po przy dla
se je si ve ale jako jsem ktery byl pro za po
och att det som en jag inte med av till han hon vi ar var men om
ikke jeg det som og er en til har med vi
ja ei se on oli mutta kun niin
si nu este cu din pe la care sunt mai pentru
bir ve bu da de icin ile cok ne var mi
az egy es nem hogy van is ez
yang dan di ini itu dengan untuk tidak dari ke ada saya
sam nije kao koji su
"""
"""Of other languages in Latin letters, a line or two each."""

_SHARED_LATIN = """
a as do no on in is to so we me he was at an or of for by will van bin die den war hat her his has men bad son sin us it
be my up am if but not all one are and the from with this that can i du
"""

LATIN = Profile(
    " abcdefghijklmnopqrstuvwxyz",
    """
xAzzxxzyBBxqzzxCxCyyDAuGxCo
vpzBzAxAsAowAxAxzxyyCzyECEv
BwxzyAzyzyBvCAvzAAyBBAzzAzx
DzCyBAxzywtCCxuAzBBxDyvzyBl
JuuxzxxCuyurAyswvyxzswwzyBp
CEvAFDAwwwopxwwBzDyAxvzDCDo
MxvytxztwxstxvuzwxywxzvwxDv
GvvxswwxDzsoAyxzwyyxuwtyyAv
zyyxsCyuwBpotvsyxwxyxvpvvBu
txyBAyBypqjsyyBCzwyzAxzvxoA
uxAAxxBCCwEwzxuByFAvwEAFFCz
CsyCCCDCzCwrxADqDFtBrrvDEAC
CxvyByBvozmvBurAyxxzxxyCzHu
xzzzuAyxvAvuxzyyABuDuxyABDx
zwzBAyzCxxvxyzvAAzyzzwyCyut
zAwzyyGzuyptyyzDzvzwAFxACBp
EyAyyzvxIyuuAzvyAzzBAyxCzBx
AzzzzzzzzAzzzzzzzzzzzzzzzzz
CxxAzAzyxytxyywzAxzBzyyByEm
BwuxyyuuIyqryxxAyyvxyzpGzzi
BvwFxxyuMznnzvqzxzyzwwpCuBs
vAABxzyAqxnpzyBxAwABBqusyut
wvxxwCyxyzvvrxpxzBsvwvyBBvx
DvxsyByvNzvuCxCAwvBxxrvwvlt
BxxAyAyyzAxxyyxxAyywAyyyzBy
GnuwtxwtsAsmwvvByxvyvrstxru
suvvsECwwCzuyusxxDxvstwwEvz
""",
    frozenset(_OTHER_LATIN.split()) - frozenset(_SHARED_LATIN.split()),
)

_OTHER_CYRILLIC = """
і й та що це як не є але або які який його її ми ви вони для від до про при чи буде був була бути дуже також тільки якщо
коли де тут він вона воно мене тебе нас вас мій
се са е от това което който която които те ги му си ще няма беше няма като след със във към още много както или
сум си е сме сте дека што ова тоа оваа овој овие нив него нејзин како кога каде има беше биде тој таа тие ги го ќе
је су сам смо није који која које што као али или због после био била бити где овде овај ова ово тај
гэта як што ён яна яны быў была ёсць вельмі таксама
және мен бұл бір үшін емес деп бар
"""
"""Ukrainian, Bulgarian, Macedonian, Serbian, Belarusian, Kazakh."""

_SHARED_CYRILLIC = """
не до про при для е те как го или нас вас тебе мене где что была ова после му ги али як та се си от мен бар
"""

CYRILLIC = Profile(
    " абвгдежзийклмнопрстуфхцчшщъыьэюя",
    """
yyzAzzBAxBvzyzyAyyAAAyywCxvvyyQwC
yqyxzzEABDzBzCywyzAxBBByxysAAAHFG
EyCxyyzByyzDyAwzyyyAyzAzzzDwSEDyB
BxxAwAzwExzAAuxAAyDwzzAAwDHnTIBAy
GxzvCIAzwByAywwBzxByyyzzzyyoyxAxy
GzuzwxAuuzzzzwxzxzzDzAyBABywMEBAx
yuAyCzCzyyGyAByzxBzyyxywyywzzzCHC
BzyvzxBByzyAsyzwyxAxuyyzyyytyDzBy
KAvyxAyEzyzyxAzAnxvsyzuywwzyNEACB
BFAyyBEyyDzBAwzwyxyyAzxAwwyzzzDMz
AyyxxzzyyAyvAsvtyAzxyyzzzBCxyyyyy
HzAyzzBAzxzExxBzzzzyzzzxxAzmAyAxy
DyxszCyCxyzAHwszDzDwyyAuzxAnOBBzA
ByxvBxwwAAyAwHzzysywyzzAyyCmNCAzC
zyBzBByAyzAzuADzBCxzzzABzzGuUDByC
zxzyAzFAxBJzAAyzyzAyzAzxAAzyzzHyA
AyAsAAAAAyAyyAxzHzzzzBzyyyCpLMBzD
DzyxAyyAvzzxwzwAxHwzAAAyxzGlQLDzz
IzCzAGzBByyyzzwAyxKzyxAyCCzoLyABA
yyABAExBBxAzyAyBxzAAzAzEDBDqRECzC
BxzqCADCBzxzAzyzyyzzzzzuzzDzzzDDA
EyzzyzyyyByxzAvyzAvyyDzyyzywCzzAy
CwzxAAyzAyzwzqxBAxBqxzzAzAztzzAzy
CBAxAABzAxzAAzuzBsBxDzAAzzzuKnztq
CzztAAAAAAAxxyvsACANxAzyyFAvAIAzz
pBAvzAzAABAzAxzzzztuxAzAzzAxAOAAz
rwAAAAEAAAAAAAzmAzAAAAAAAAAzACAAv
DGxyyxOxuGGwuywBxpvrGCyDxDyGGGGMN
HnxEvuCstpDxEEwnwyBzonCowzqnnnnno
CxAyzALxCEtsxzwpzxAzxyzBADGwxxxKI
utvxvxttvtwDDyBtzBzJuwvttwttttutt
AyAnyAxzyxtyyyxxwxyAxxzytBFxxxyvx
AyxsxACEDAxxyEyyxwBuxyAywxvyyyyBD
""",
    frozenset(_OTHER_CYRILLIC.split()) - frozenset(_SHARED_CYRILLIC.split()),
)
