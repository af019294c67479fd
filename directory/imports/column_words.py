"""The words by which headers of people's and firms' lists name their columns, in several languages."""

import re
from collections.abc import Mapping

from directory.text import fold

_PHRASES = {
    "name": """name|full name|fullname|contact|contact name|contact person|person|member|primary contact
        |representative|rep|main contact|attendee|ansprechpartner|vollstandiger name|kontakt|nom complet
        |nombre completo|nome completo|naam|navn|namn|owner name|nom|nombre|nome|display name|sort name
        |complete name|file as|your name|who|names|contacts|members""",
    "first": """first name|first|given name|forename|fname|vorname|prenom|nombre de pila|primer nombre
        |nome proprio|voornaam|fornavn|fornamn|given""",
    "last": """last name|last|surname|family name|lname|nachname|familienname|nom de famille|apellido|apellidos
        |cognome|sobrenome|achternaam|etternavn|efternavn|efternamn|family""",
    "email": """email|mail|email addr|email address|mail address|courriel|adresse mail|adresse email|correo
        |correo electronico|posta elettronica|endereco email|epost|e postadresse|emailadres|e mailadresse
        |emailadresse|mailadresse""",
    "firm": """firm|company|business|organization|organisation|company name|firm name|business name
        |organization name|organisation name|employer|current employer|account name|related company
        |associated company|agency|agency name|firma|firmenname|unternehmen|betrieb|organisationsname|societe
        |entreprise|raison sociale|empresa|compania|razon social|azienda|ditta|societa|bedrijf|bedrijfsnaam
        |firmanavn|virksomhed|foretag|vendor name|brand|trade name|doing business as|dba|practice name|shop name
        |company or organization|listing name|biz name|biz|parent
        |trading as|trading name|operating as|supplier|vendor|exhibitor|merchant|lieferant|fournisseur|proveedor
        |fornitore|leverancier""",
    "role": """role|title|job title|position|job position|function|occupation|funktion|beruf|fonction|poste|cargo
        |puesto|ruolo|functie|stilling|job|designation|funcao""",
    "summary": """what the firm does|what they do|what we do|what you do|description|about|summary|bio|profile
        |overview|company description|business description|what does your business do|what does your company do
        |about us|beschreibung|taetigkeit|tatigkeit|was wir tun|description de l entreprise|activite|descripcion
        |actividad|descrizione|omschrijving|beskrivelse|services offered description""",
    "wants": """wants|wants to meet|whom they want to meet|looking for|good referral|ask|ideal client
        |ideal referral|target market|who would be a good referral for you|ideal customer|good referrals
        |referral wanted|who do you want to meet|who you want to meet|ideal introduction|ideal intro
        |target clients|target customers|ideal clients|ideal customers|dream client|power partners
        |sucht|gesucht|recherche|busca|cerca""",
    "capabilities": """capabilities|capability|service|services|services offered|specialties|specialities|specialty
        |speciality|skills|expertise|category|categories|leistungen|fachgebiete|schwerpunkte|kategorie|kategorien
        |specialites|competences|categorie|servicios|especialidades|categoria|competenze|diensten
        |areas of expertise|trades|trade|practice areas|focus areas|services provided|products and services
        |products services|specialisms|specialism|specializations|profession|professions|classification
        |seat|line of work|type of business|business type|kind of business|business category|vocation
        |profesion|profissao|professione|beroep|gremio|rubro
        |what they are good at|what you are good at|what we are good at|good at""",
    "phone": """phone|telephone|tel|mobile|cell|phone number|telephone number|mobile number|cell phone|cell number
        |mobile phone|best number|contact number|contact no|telemovel|switchboard
        |handy|mobil|telefon|telefonnummer|rufnummer|telefono|movil|portable|telefone|mob
        |celular|cellulare|telefoon|telefoonnummer|mobiel|telefonnr|tlf|ph|mobilephone|workphone""",
    "website": """website|web|url|site|homepage|web page|web site|website url|web address|site internet|site web
        |webseite|internetseite|pagina web|sitio web|sito|sito web|hemsida|hjemmeside|domain|company domain name
        |webpage""",
    "city": """town|city|city state|city state zip|city st zip|city and state|city zip|plz ort|place|location
        |locality|address|formatted address|full address|ort|stadt|wohnort|standort|adresse|anschrift|ville
        |localite|ciudad|localidad|direccion|citta|comune|indirizzo|cidade|plaats|woonplaats|stad|by|headquarters
        |hq|based in|based|where|where they are|where you are|suburb|municipality|poblacion
        |commune|gemeinde|gemeente|kommune|postort|poststed|localita|localidade""",
    "region": """state|region|province|county|bundesland|kanton|departement|provincia|comunidad autonoma|regione
        |estado|provincie|lan|fylke|state code|prefecture|st|prov""",
    "key": """key|id""",
}
# Given and family name in one header: "Nombre y apellidos", "Last, First", "Name, Vorname".
_GIVEN_WORDS = "first given forename vorname prenom nombre nome voornaam fornavn fornamn"
_GIVEN = frozenset(_GIVEN_WORDS.split())
_FAMILY_WORDS = """
last surname family nachname nom apellido apellidos cognome achternaam etternavn efternavn efternamn
"""
_FAMILY = frozenset(_FAMILY_WORDS.split())
_ARTICLES = frozenset(("1", "value", "the", "of", "your"))
PHRASES: Mapping[str, tuple[frozenset[str], ...]] = {
    field: tuple(frozenset(phrase.split()) - _ARTICLES for phrase in phrases.split("|"))
    for field, phrases in _PHRASES.items()
}
TAGS = frozenset(
    ("tags", "tag", "keywords", "labels", "stichworte", "etiquetas")
)  # of firms; of people they are anything
_BLOCKS = frozenset(("address", "adresse", "anschrift", "direccion", "indirizzo"))
# Words that say nothing of what a column holds, or which of several; the latter make it the second choice.
_SILENT_WORDS = """
primary business work main office company contact contacts member person persons account mailing organization
organisation firm your you the of value our a is de du des best preferred default geschaftlich dienstlich buro
professionnel professionnelle trabajo principal called what number no nr optional required please enter billing direct
agency formatted attendee physical for in s fixe fijo fisso festnetz bh
"""
_SILENT = frozenset(_SILENT_WORDS.split())
_SECOND_WORDS = """
home private other secondary alternate alternative additional mobile mob cell ah personal shipping delivery emergency
privat prive 2 3 4 5 display sort complete line assigned user
"""
_SECOND = frozenset(_SECOND_WORDS.split())
# A column so named holds something about the thing, unless the whole name is known.
_OTHER_WORDS = """
type label labels status date time timestamp id ids owner fax pager birthday birth assistant assistants asst manager
managers spouse partner children photo image permission source opt count rating zip zipcode postal postcode code
country street prefix suffix middle phonetic yomi nickname nick notes note group groups created updated list lists ip
score stage level membership callback telex radio isdn tty car bounced consent joined join since renewal due dues paid
sponsor referred referrer language gender sex department branch fiscal tax vat size revenue employees founded year
lead event ticket order quantity screen skype twitter facebook instagram linkedin latitude longitude timezone box
initials user custom field extended salutation anrede plz cap currency amount price hobby server deleted optedout
phonecall billing are profile
"""
_OTHER = frozenset(_OTHER_WORDS.split())


# A column so named holds whom somebody wants to meet, however the question is put.
_WISHES = frozenset(("meet", "referral", "referrals", "introductions", "intros"))

_COMPOUND = re.compile(
    r"\b(first|last|full|given|family|company|business|member|contact|job|mobile|phone|email|mail|zip|web)"
    r"(name|title|phone|number|address|code|site)\b",
    re.IGNORECASE,
)


def header_words(header: str) -> list[str]:
    """Return the words of a header, folded, with "e-mail" as one and compounds of capitals taken apart.

    >>> header_words("E-mail 1 - Value"), header_words("MailingState/Province")
    (['email', '1', 'value'], ['mailing', 'state', 'province'])
    """
    text = re.sub(r"_id/(?:name|code|display_name)$", "", header[:120])  # "state_id/code", as Odoo names what it joins
    text = re.sub(r"((?:phone|tel(?:efon|éfono)?)s?\.? */ *)(?:tele)?fax\b", r"\1", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("#", " number ")
    text = _COMPOUND.sub(r"\1 \2", text)
    text = re.sub(r"\be[\W_]*mail", "email", re.sub(r"[^\w]+|_", " ", fold(text.replace("-", " "))).strip())
    return text.split()


def is_other(header: str) -> bool:
    """Return whether a header says that its column holds something about the thing, such as its sponsor."""
    return not _OTHER.isdisjoint(header_words(header))


def header_scores(header: str) -> dict[str, float]:
    """Return how well a header names each field, 0 to 1, for the fields that it may name at all.

    >>> header_scores("Company Name")["firm"], "name" in header_scores("Contact owner")
    (1.0, False)
    """
    words = header_words(header)
    whole = frozenset(words) - _ARTICLES
    bare = [word for word in words if word not in _SILENT and word != "1"]
    rest = frozenset(word for word in bare if word not in _SECOND)
    if "address" in rest and any(rest - {"address"} in PHRASES[field] for field in ("city", "region", "email")):
        rest -= {"address"}  # "Address 1 - City"
    is_second = any(word in _SECOND for word in bare)
    scores: dict[str, float] = {}
    for field, phrases in PHRASES.items():
        singles = frozenset().union(*(phrase for phrase in phrases if len(phrase) == 1))
        if whole and whole in phrases:
            score = 1.0 if not whole & _SECOND else 0.9
        elif rest and (rest in phrases or rest <= singles):
            score = 0.7 if is_second else 0.95
        elif not rest and frozenset(words[-1:]) in phrases:
            score = 0.7 if is_second else 0.8
        elif whole & _OTHER:
            score = 0.0
        elif best := max((len(phrase) for phrase in phrases if phrase <= whole), default=0):
            score = min(0.3 + 0.5 * best / max(1, len(rest)), 0.75)
        else:
            score = 0.0
        if score:
            is_block = field == "city" and not rest.isdisjoint(_BLOCKS)  # a column of towns is better than addresses
            scores[field] = score - 0.2 * is_block
    if whole & _WISHES and not whole & _OTHER:
        scores["wants"] = max(scores.get("wants", 0.0), 0.9)
    if (whole & _GIVEN and whole & _FAMILY) or {"name", "vorname"} <= whole:
        scores = {"name": 0.0 if whole & _OTHER else 1.0}
    return scores
