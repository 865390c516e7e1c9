"""Lists of names, places and habits of speech from which invented pages are put together.

Every combination is invented; a full name that belongs to a real person does so by chance.
"""

FIRST = {
    "in": {
        "M": "Ravi Amit Suresh Rajesh Vijay Anil Mohan Kiran Arjun Rahul Sanjay Prakash Imran Salim Karthik Manoj "
             "Deepak Ashok Ganesh Naveen Harish Vikram Rohit Gopal Abdul Farhan Joseph Dinesh Ramesh Yusuf".split(),
        "F": "Priya Sunita Lakshmi Meera Anjali Kavita Pooja Radha Fatima Asha Deepa Geeta Shanti Neha Swati Rekha "
             "Nisha Ayesha Usha Divya Sneha Anita Mary Kamala Vidya Rukmini Shabana Leela Padma Jyoti".split()},
    "en": {
        "M": "James John Robert Michael David William Thomas Daniel Mark Paul Steven Kevin George Edward Brian Peter "
             "Luis Carlos Ahmed Wei Henry Oliver Jack Samuel Adam Victor Omar Liam Noah Eric".split(),
        "F": "Mary Linda Susan Karen Nancy Lisa Helen Emily Anna Laura Sarah Grace Emma Olivia Ruth Maria Rosa Alice "
             "Chloe Julia Diana Irene Joan Sofia Hannah Amy Claire Fiona Naomi Zoe".split()}}
LAST = {
    "in": "Kumar Sharma Patel Singh Reddy Nair Iyer Gupta Das Khan Rao Menon Joshi Verma Mehta Pillai Shetty Bose "
          "Ghosh Naidu Desai Kulkarni Banerjee Mishra Yadav Chauhan Thomas Fernandes Ansari Shaikh Hegde Bhat".split(),
    "en": "Smith Johnson Brown Taylor Wilson Davies Evans Clark Lewis Walker Hall Young King Wright Green Baker Adams "
          "Carter Turner Parker Collins Morris Rogers Reed Cook Bell Garcia Martinez Lee Chen Nguyen Murphy".split()}
# Names that no page of training has: how sure the model is of people whom it has never read is measured on these.
OTHER_FIRST = {
    "in": {
        "M": "Bhaskar Tejas Omkar Jagdish Murali Girish Umesh Nitin Tushar Zaheer Aslam Velu Baldev Chetan "
             "Pranav Lokesh Hemant Kishore Ajit Subhash Balaji Mukund Faisal Trilok Sadiq Jayant Gurpreet "
             "Dhruv Ishaan Wasim".split(),
        "F": "Bhavna Urmila Trupti Charu Zeenat Hema Gauri Malati Ritu Sarla Tanvi Kusum Nirmala Yamini "
             "Vasudha Jaya Mumtaz Ila Bindu Chitra Sangita Parveen Ojasvi Harpreet Tara Nalini Kalpana "
             "Pallavi Rubina Sadhana".split()},
    "en": {
        "M": "Martin Gareth Dennis Craig Stuart Trevor Felix Hugo Jorge Pavel Ivan Boris Nikolai Raymond "
             "Gordon Leon Otto Ralph Bruce Derek Simon Philip Hector Miguel Tyrone Jamal Kofi Oscar Rory "
             "Dylan".split(),
        "F": "Sheila Judith Wendy Gloria Brenda Tracy Kate Molly Freya Ingrid Yvonne Bridget Elena Carmen "
             "Pilar Nadia Katya Monica Theresa Beth Louise Heather Ivy Hazel Denise Paula Rachel Sian Megan "
             "Vera".split()}}
OTHER_LAST = {
    "in": "Chowdhury Trivedi Agarwal Saxena Dubey Pandey Tiwari Chatterjee Mukherjee Dutta Sinha Jain Shah "
          "Bhatt Dave Kapoor Malhotra Chopra Gill Sandhu Kaur Dhillon Venkatesh Subramaniam Krishnan Pawar "
          "Jadhav Gaikwad Qureshi Siddiqui D'Souza Pereira".split(),
    "en": "Harrison Bennett Foster Jenkins Griffiths Hughes Fletcher Barnes Webb Simpson Rhodes Walsh Kelly "
          "Byrne Doyle O'Brien Fraser Gibson Mackay Sinclair Ferguson Hoffman Keller Novak Kowalski Petrov "
          "Rossi Silva Santos Ramirez Okafor Tanaka".split()}
PEOPLE = {"listed": (FIRST, LAST), "other": (OTHER_FIRST, OTHER_LAST)}
TITLES = {"in": {"M": ["Mr.", "Mr", "Shri", "Master"], "F": ["Mrs.", "Ms.", "Smt.", "Mrs", "Baby"]},
          "en": {"M": ["Mr", "Mr."], "F": ["Mrs", "Ms", "Ms.", "Miss"]}}

CLINIC = {
    "in": ("Sai,Shree Ganesh,Lotus,Apex,City,Lifeline,Sanjeevani,Aarogya,Sunrise,Care Plus,New Hope,Krishna,Arya,"
           "Metro,Jeevan,Om,Nova,Green Valley,Wellness,St. Mary's,Al Shifa,Vardaan,Navjeevan,Healing Touch").split(","),
    "en": ("Riverside,Oakwood,Lakeside,Maple Grove,Hillcrest,Northgate,St. Luke's,Kingsway,Parkview,Elm Street,"
           "Meadowbrook,Bayview,Westfield,Harbour,Cedar,Willow Park,Stonebridge,Fairfield,Brookside,Summit").split(",")}
CLINIC_KIND = {
    "in": ("Clinic,Hospital,Nursing Home,Polyclinic,Multispeciality Hospital,Medical Centre,Health Care,Heart Centre,"
           "Children's Clinic,Skin Clinic,Dental Care,Eye Hospital,Diagnostics & Clinic,ENT Centre").split(","),
    "en": ("Family Practice,Medical Group,Medical Center,Clinic,Surgery,Health Centre,Internal Medicine,Family Medicine,"
           "Urgent Care,Pediatrics,Cardiology Associates,General Hospital,NHS Trust,Primary Care").split(",")}
STREET = {
    "in": ("MG Road,Station Road,Gandhi Nagar,Main Road,Temple Street,Market Yard,2nd Cross,Lake View Road,Ring Road,"
           "Nehru Chowk,Civil Lines,Sector 14,Park Street,Anna Salai,Canal Road,Shivaji Nagar").split(","),
    "en": ("High Street,Main St,Oak Avenue,Church Road,Elm St,Mill Lane,2nd Avenue,Park Road,Victoria Street,Maple Dr,"
           "Station Road,Lincoln Ave,Cedar Lane,King Street,Queen's Road,Hill View Blvd").split(",")}
CITY = {
    "in": ("Pune - 411004,Chennai 600017,Bengaluru - 560034,Hyderabad,Mumbai 400 058,Kolkata - 700019,Kochi,Nagpur,"
           "Jaipur,Lucknow,Indore - 452001,Surat,Mysuru,Vizag,New Delhi 110024,Bhopal,Madurai,Dhaka").split(","),
    "en": ("Springfield IL 62704,Leeds LS2 8PX,Austin TX 78701,Bristol BS1 4QD,Dayton OH 45402,York,Boston MA 02116,"
           "Cardiff CF10,Salem OR 97301,Glasgow G12,Fresno CA 93721,Norwich NR1,Albany NY 12207,Dublin 4").split(",")}
DEGREES = {
    "in": ("MBBS|MBBS, MD (Medicine)|M.B.B.S., M.D.|MBBS, DNB|MD, DM (Cardiology)|MS (Ortho)|MBBS, MS (ENT)|MBBS, DCH|"
           "MBBS, DGO|BDS, MDS|MBBS, DDVL|BHMS|BAMS|MBBS, FCPS|MD (Paed)|MS (Ophthal)|MBBS, DTCD|MCh (Uro)").split("|"),
    "en": ("MD|M.D.|DO|MD, FACP|MBBS, MRCGP|MB ChB|MB BS MRCP|NP|PA-C|MD, FACC|FRCS|DDS|MB BCh BAO|MD, MPH").split("|")}
SPECIALITY = ("General Physician,Consultant Physician,Cardiologist,Diabetologist,Paediatrician,Orthopaedic Surgeon,"
              "Gynaecologist,Dermatologist,ENT Surgeon,Chest Physician,Neurologist,Psychiatrist,Gastroenterologist,"
              "Nephrologist,Urologist,Dentist,Ophthalmologist,Family Medicine,Internal Medicine").split(",")
TIMINGS = ["Mon - Sat: 10 am to 1 pm, 6 pm to 9 pm", "Timing: 9.30 am - 2 pm", "Sunday closed", "OPD: 9 am to 5 pm",
           "Hours: 8:00 am - 5:00 pm", "By appointment only", "Emergency 24 x 7", "Morning 10-1, Evening 5-8.30"]
FOOTERS = ["Not valid for medico-legal purpose", "Please bring this paper at next visit", "Get well soon",
           "Substitution permitted", "Dispense as written", "Valid for 30 days", "Powered by ClinicSoft",
           "This is a computer generated prescription", "Follow up with reports", "Signature & stamp",
           "In case of emergency call clinic", "Wish you a speedy recovery", "Doctor's Signature",
           "Interchange is mandated unless the practitioner writes No Substitution", "Page 1 of 1"]
FOLLOW_UP = ["Review after {n} days", "R/v after {n} days", "F/U in {w} weeks", "Review SOS", "Next visit: {d}",
             "Follow up after {w} wks", "RTC {w} weeks", "R/A {n} d", "Review with reports", "Come after {n} days",
             "To see after {n} days", "Rev. {w}/52", "Follow up in {w} months", "F/u {n} days with reports"]
VITALS = ["BP", "Pulse", "Temp", "SpO2", "Wt", "Ht", "RR", "RBS", "P", "T", "PR", "Weight", "BMI", "HR"]
EXAMINATION = ["Chest clear", "RS: NAD", "CVS: S1S2 +", "P/A soft", "CNS NAD", "O/E: throat congested", "No pallor",
               "B/L crepts +", "Wheeze +", "Pedal edema +", "P/A: tenderness epigastrium", "Allergies: NKDA",
               "K/C/O HTN", "H/o DM x 5 yrs", "Allergy: Penicillin", "Smoker", "No known allergies", "LMP: {d}",
               "S/P PTCA", "Tongue coated", "Vitals stable", "GC fair", "Afebrile", "ROM restricted", "TM congested"]
LABELS = ["Name", "Patient", "Patient Name", "Pt. Name", "Name of Patient", "PATIENT NAME", "Pt"]
WORDS = ("the and with for from under only daily water milk food night morning evening days week weeks month left right "
         "both knee eye ear nose skin apply take give dose drops tablet capsule syrup cream needed pain fever cough rest "
         "diet salt sugar walk blood urine sugar report test repeat review stop continue start reduce increase half one "
         "two three four five ten each every hours before after meals breakfast lunch dinner bed local use external "
         "shake well bottle doctor clinic patient name age sex date address phone sign stamp hospital ward bed number "
         "history known case complaints since examination advice investigation follow normal mild severe acute chronic "
         "page copy office desk letter school house river market people paper green yellow bridge seven winter").split()

# What is said with a medicine.
FOOD = ["after food", "before food", "with food", "a.c.", "p.c.", "AC", "PC", "A/F", "B/F", "after meals",
        "before meals", "before breakfast", "after breakfast", "after dinner", "empty stomach", "with milk", "AF", "BBF",
        "with water", "after lunch", "BF", "30 min before food", "with meals"]
SITES = {"eye": ["both eyes", "B/E", "R/E", "L/E", "OU", "right eye", "left eye", "OS", "in each eye"],
         "ear": ["both ears", "right ear", "L ear", "AU", "left ear"],
         "nasal": ["each nostril", "both nostrils", "in each nostril", "B/L nostrils"],
         "skin": ["L/A", "local application", "apply thin layer", "E/A", "on affected area", "to affected area", "LA",
                  "over lesion", "for external use"]}
FOR = ["for pain", "if fever", "for fever", "if pain", "for headache", "if vomiting", "for nausea", "if needed",
       "for cough", "if itching", "for wheeze", "if temp > 100°F", "for sleep", "if loose motion", "if chest pain"]
REMARKS = ["do not crush", "dissolve in water", "avoid alcohol", "may cause drowsiness", "continue", "to continue",
           "ct. same", "half strength", "taper", "shake well", "rinse mouth after use", "finish the course", "gargle",
           "deep IM", "slow IV", "in 100 ml NS", "stop if rash", "chew", "keep under tongue", "new", "increase to 2"]
